"""Carry a run out: survey the project, plan it, buy, finish, publish, report.

One source after the other is done to its end, so that a run that is stopped leaves whole sets
behind. It rests on the plan, which is made anew where the ground has changed. It must never publish
over what somebody else made, or let the failure of one source end the others.
"""
