"""Response to treatment from measurements: RECIST 1.1, best response, iRECIST. Pure functions over frames,
all subjects at once.
"""
