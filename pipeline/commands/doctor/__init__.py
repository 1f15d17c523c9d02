"""What `doctor` looks for before money or an hour is lost.

Each finding names what is wrong and what to do. It rests on the service's limits (`model.limits`),
on how models treat poses and colours that are near the matte, and on what file systems and kernels
tell about changes. It must never spend, write an output, or show more of a key than its start.
"""
