"""What the service accepts and refuses: fields, limits, pictures, and its error codes.

A reading of the vendor's introduction (https://pixelengine.ai/docs) and of openapi.json that shares
no line with the client's. Nothing here renders, or knows of accounts.
"""
