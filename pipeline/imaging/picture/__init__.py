"""One picture: read and written as PNG, measured, cut, and compared by colours.

Pixels are straight RGBA8 with the RGB of transparent ones zeroed. Colours are compared in OKLab.
What a PNG says of its size is checked before it is decoded. It must never resample or blend.
"""
