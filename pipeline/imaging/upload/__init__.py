"""Make a source ready to be sent: room for its motion, and a matte that can be taken away again.

What is sent depends on the source and on what a rule states, and on nothing else, so that it is the
same on every machine. It must never scale by anything but a whole factor.
"""
