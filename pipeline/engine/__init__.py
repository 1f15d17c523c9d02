"""The built-in engine: an API-compatible Pixel Engine that runs locally, free and repeatably."""
