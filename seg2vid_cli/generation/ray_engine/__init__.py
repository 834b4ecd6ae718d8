"""`--engine ray`: the clips of a run, made by workers of a Ray cluster, or of one that is started on this machine.

    this process            maker.RayClipMaker: plans, tells the user, and never imports Ray
      a process for Ray     driver: connects, and hands blocks of clips to Ray Data; what Ray prints ends there
        workers             worker.Worker: each holds a session, and writes its clips in their places

A process of its own lets what Ray does to the process that imports it, and how long it waits for nobody, be of no
concern; when it ends, however that happens, so do the workers.
"""
