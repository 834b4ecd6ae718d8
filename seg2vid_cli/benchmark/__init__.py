"""`seg2vid benchmark` behind its flags: how fast every backend runs a model here, and whether one has become slower.

Rows (a model on a backend, device and precision) are opened and warmed up (`rows`), each is started in a process of its
own (`fresh_process`), all are timed in turn (`timing`), and `comparison` sets them against an earlier run.
"""
