"""What both sides of the HTTP server share: connections, request bodies, exchanges, bearer tokens.

aiohttp lives here and above, nowhere below.
"""
