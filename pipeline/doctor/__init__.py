"""What `doctor` looks for before money or an hour is lost."""
