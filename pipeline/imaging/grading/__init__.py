"""Find what is wrong with a finished clip, and turn it into points and sentences.

Each file looks for one kind of fault, measured in whole pixels; what a motion means to do is no
fault. The same clip has the same grade everywhere. It must never change a pixel.
"""
