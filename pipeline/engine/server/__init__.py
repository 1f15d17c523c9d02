"""The local service over HTTP: routes, replies, the queue, and workers that render.

It listens on loopback unless it is told otherwise; rendering happens in processes of its own. With
chaos switched on it fails on purpose, so that clients can be tested. It must never render inside a
POST, or answer with another job's file.
"""
