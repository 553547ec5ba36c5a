"""What turns executed notebooks into the site and into an instructor's files."""
