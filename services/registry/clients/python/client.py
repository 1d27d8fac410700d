"""A client of Consul as Python programs are written with python-consul2, run against our registry.

Prints "ok" when all that it did went as with Consul.
"""
import sys
import threading

import consul

host, port = sys.argv[1:3]
client = consul.Consul(host=host, port=int(port))

assert client.agent.service.register(
    "py",
    service_id="py-1",
    address="10.0.0.1",
    port=80,
    tags=["blue"],
    check=consul.Check.ttl("30s"),
)
index, none = client.health.service("py", passing=True)
assert none == [], none
woken = []
waiting = threading.Thread(
    target=lambda: woken.append(client.health.service("py", passing=True, index=index, wait="20s"))
)
waiting.start()
assert client.agent.check.ttl_pass("service:py-1", notes="fine")
waiting.join(timeout=15)
assert woken and woken[0][1][0]["Service"]["ID"] == "py-1", woken
assert int(woken[0][0]) > int(index)
_, nodes = client.catalog.service("py", tag="blue")
assert nodes[0]["ServicePort"] == 80, nodes
_, services = client.catalog.services()
assert services["py"] == ["blue"], services
assert "py-1" in client.agent.services()
assert client.agent.self()["Config"]["Datacenter"] == "dc1"
assert client.kv.put("py/a", "one")
_, entry = client.kv.get("py/a")
assert entry["Value"] == b"one", entry
assert client.kv.put("py/a", "two", cas=entry["ModifyIndex"])
assert not client.kv.put("py/a", "three", cas=entry["ModifyIndex"])
_, keys = client.kv.get("py/", keys=True)
assert keys == ["py/a"], keys
assert client.kv.delete("py/", recurse=True)
_, gone = client.kv.get("py/a")
assert gone is None, gone
assert client.agent.service.maintenance("py-1", True, reason="upgrade")
_, passing = client.health.service("py", passing=True)
assert passing == [], passing
assert client.agent.service.deregister("py-1")
assert client.status.leader()
print("ok")
