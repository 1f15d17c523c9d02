"""The Pixel Engine over HTTP: its client, its answers, and the wire between."""
