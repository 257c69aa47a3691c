"""Clients that cannot be pointed elsewhere: TikTok's hosts are made to be ours, for one command."""
