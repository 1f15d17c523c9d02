"""What people write: patterns, prompts, and the fields of both YAML files. Pure.

One table of fields serves the parser and the JSON Schema for editors (draft 2020-12), so they
cannot drift apart. Patterns are those of `.gitignore` with braces for captures. Every mistake is
told with file and line, and the nearest word that would be right. Nothing here may open a file, or
guess what a wrong value meant.
"""
