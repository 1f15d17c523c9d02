"""What the local service keeps: keys, play credits and jobs, in one SQLite file.

Credits are held when a job is sent, and taken or given back once. Keys are kept as digests. It must
never hold a whole key, or take credits for a job that failed.
"""
