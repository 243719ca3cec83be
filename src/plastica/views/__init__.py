"""What a network looks like: as a table and as a picture."""
