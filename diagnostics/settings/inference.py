"""The worker: batch, lease, attempts, time limits in seconds."""

from diagnostics import env

INFERENCE_BATCH_SIZE = env.integer("INFERENCE_BATCH_SIZE", 8)
LEASE_SECONDS = env.integer("LEASE_SECONDS", 60)
MAX_ATTEMPTS = 3
WORKER_IDLE_SECONDS = 0.2
ENGINE_BUILDS = env.flag("ENGINE_BUILDS", True)
WORKER_THREADS = env.integer("WORKER_THREADS", 2)
