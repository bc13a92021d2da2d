"""Keys in memory: briefly, and not too many."""

from accounts.crypto.cache import KeyCache
from accounts.crypto.columns import ScopeKey

KEY = ScopeKey(1, bytes(32))


def test_a_key_is_forgotten_after_its_time() -> None:
    now = [0.0]
    cache = KeyCache(time_to_live_seconds=300, clock=lambda: now[0])
    cache.put("a", KEY)
    now[0] = 299.9
    assert cache.get("a") is KEY
    now[0] = 300.0
    assert cache.get("a") is None


def test_the_least_recently_used_key_leaves_first() -> None:
    cache = KeyCache(capacity=2)
    cache.put("a", KEY), cache.put("b", KEY)
    cache.get("a")
    cache.put("c", KEY)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (KEY, None, KEY)


def test_keys_are_forgotten_by_name_and_all_at_once() -> None:
    cache = KeyCache()
    cache.put(("one", 1), KEY), cache.put(("two", 1), KEY)
    cache.forget(lambda name: name[0] == "one")
    assert cache.get(("one", 1)) is None and cache.get(("two", 1)) is KEY
    cache.clear()
    assert cache.get(("two", 1)) is None


def test_its_repr_is_a_count() -> None:
    cache = KeyCache()
    cache.put("a", KEY)
    assert repr(cache) == "KeyCache(1 keys)"


def test_all_keys_are_forgotten_when_one_was_destroyed_anywhere() -> None:
    cache = KeyCache()
    cache.put("a", KEY)
    cache.follow(0)
    assert cache.get("a") is KEY
    cache.follow(1)
    assert cache.get("a") is None


def test_a_key_that_was_looked_up_before_one_was_destroyed_is_not_remembered() -> None:
    cache = KeyCache()
    cache.follow(1)
    cache.put("a", KEY, destroyed=0)
    assert cache.get("a") is None
    cache.put("a", KEY, destroyed=1)
    assert cache.get("a") is KEY
