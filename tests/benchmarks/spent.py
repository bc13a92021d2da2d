"""Processor time of this process and of the decode child's family."""

import time

import psutil


def cpu_seconds() -> float:
    """Of this process, and of its children (the zygote) with what they have reaped (a child a file)."""
    spent = time.process_time()
    for child in psutil.Process().children():
        times = child.cpu_times()
        spent += times.user + times.system + times.children_user + times.children_system
    return spent
