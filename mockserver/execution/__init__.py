"""`tiktok-mock exec`: a server for as long as one command runs."""
