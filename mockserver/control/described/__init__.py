"""The OpenAPI document in parts: paths and answers, and the JSON in them, of TikTok's side and of /_mock/."""
