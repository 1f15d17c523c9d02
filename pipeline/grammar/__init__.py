"""What people write: patterns, prompts, and the fields of both YAML files. Pure."""
