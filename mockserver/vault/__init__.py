"""What `--keep DIR` keeps: complete uploads as files of DIR, unfinished ones beside in DIR/.incomplete."""
