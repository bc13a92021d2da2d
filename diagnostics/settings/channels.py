"""The channel layer: in memory for one web process, Redis for several."""

from diagnostics import env

_redis = env.text("REDIS_URL", "")
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [_redis]}}
    if _redis
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
OUTBOX_POLL_SECONDS = 0.1
SOCKET_RECHECK_SECONDS = 30
