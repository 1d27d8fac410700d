// A client of Consul as Go programs are written with its own library, run against our registry.
// It prints "ok" and exits 0 when all that it did went as with Consul; otherwise it says what went wrong.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

func main() {
	client, err := api.NewClient(&api.Config{Address: os.Getenv("REGISTRY_ADDRESS"), Token: os.Getenv("REGISTRY_TOKEN")})
	must("client", err)
	services(client)
	watching(client)
	catalog(client)
	keys(client)
	failures(client)
	fmt.Println("ok")
}

func services(client *api.Client) {
	agent := client.Agent()
	must("register", agent.ServiceRegisterOpts(&api.AgentServiceRegistration{
		ID: "go-1", Name: "go", Port: 80, Address: "10.0.0.1", Tags: []string{"blue"},
		Meta:   map[string]string{"zone": "a"},
		Checks: api.AgentServiceChecks{{CheckID: "go-ttl", TTL: "30s", DeregisterCriticalServiceAfter: "2m"}},
	}, api.ServiceRegisterOpts{ReplaceExistingChecks: true}))
	must("pass", agent.UpdateTTL("go-ttl", "fine", api.HealthPassing))
	entries, meta, err := client.Health().ServiceMultipleTags("go", []string{"blue"}, true, &api.QueryOptions{Filter: `Service.Meta.zone == "a"`})
	must("health", err)
	expect("one instance passes", len(entries) == 1 && entries[0].Service.ID == "go-1" && entries[0].Checks.AggregatedStatus() == api.HealthPassing)
	expect("its output is kept", strings.Contains(entries[0].Checks[1].Output, "fine"))
	expect("the index is there", meta.LastIndex > 0 && meta.KnownLeader)
	service, meta, err := agent.Service("go-1", nil)
	must("agent service", err)
	expect("the content has a hash", service.ContentHash != "" && service.ContentHash == meta.LastContentHash)
	status, _, err := agent.AgentHealthServiceByID("go-1")
	must("health by id", err)
	expect("the health by id passes", status == api.HealthPassing)
	must("maintenance", agent.EnableServiceMaintenance("go-1", "upgrade"))
	status, all, err := agent.AgentHealthServiceByName("go")
	must("health by name", err)
	expect("maintenance shows", status == api.HealthCritical && len(all) == 1 && all[0].AggregatedStatus == api.HealthMaint)
	must("maintenance over", agent.DisableServiceMaintenance("go-1"))
	must("node maintenance", agent.EnableNodeMaintenance("move"))
	must("node maintenance over", agent.DisableNodeMaintenance())
	listed, err := agent.ServicesWithFilter(`"blue" in Tags`)
	must("services", err)
	expect("the agent lists it", listed["go-1"] != nil)
	checks, err := agent.Checks()
	must("checks", err)
	expect("the agent lists its check", checks["go-ttl"] != nil && checks["go-ttl"].ServiceID == "go-1")
	self, err := agent.Self()
	must("self", err)
	expect("it has a datacenter", self["Config"]["Datacenter"] == "dc1")
	leader, err := client.Status().Leader()
	must("leader", err)
	expect("there is a leader", leader != "")
}

func watching(client *api.Client) {
	_, meta, err := client.Health().Service("go", "", true, nil)
	must("before the wait", err)
	woken := make(chan int, 1)
	go func() {
		entries, _, err := client.Health().Service("go", "", true, &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 20 * time.Second})
		must("wait", err)
		woken <- len(entries)
	}()
	select {
	case <-woken:
		expect("nothing wakes it before the change", false)
	case <-time.After(300 * time.Millisecond):
	}
	must("fail", client.Agent().FailTTL("go-ttl", "gone"))
	select {
	case count := <-woken:
		expect("the change is seen", count == 0)
	case <-time.After(10 * time.Second):
		expect("the change wakes it", false)
	}
}

func catalog(client *api.Client) {
	_, err := client.Catalog().Register(&api.CatalogRegistration{
		Node: "elsewhere", Address: "10.1.0.1", NodeMeta: map[string]string{"rack": "b"},
		Service: &api.AgentService{ID: "far-1", Service: "far", Port: 81},
		Checks:  api.HealthChecks{{CheckID: "far-check", Name: "told", Status: api.HealthPassing, ServiceID: "far-1"}},
	}, nil)
	must("catalog register", err)
	nodes, _, err := client.Catalog().Nodes(&api.QueryOptions{NodeMeta: map[string]string{"rack": "b"}})
	must("nodes", err)
	expect("the node is found by its meta", len(nodes) == 1 && nodes[0].Node == "elsewhere")
	found, _, err := client.Catalog().Service("far", "", nil)
	must("catalog service", err)
	expect("its service is found", len(found) == 1 && found[0].ServicePort == 81 && found[0].Address == "10.1.0.1")
	node, _, err := client.Catalog().Node("elsewhere", nil)
	must("node", err)
	expect("the node lists it", node.Services["far-1"] != nil)
	states, _, err := client.Health().State(api.HealthAny, &api.QueryOptions{Filter: `Node == "elsewhere"`})
	must("state", err)
	expect("the filter finds its check", len(states) == 1)
	_, err = client.Catalog().Deregister(&api.CatalogDeregistration{Node: "elsewhere"}, nil)
	must("catalog deregister", err)
	services, _, err := client.Catalog().Services(nil)
	must("services", err)
	_, still := services["far"]
	expect("it is gone", !still)
}

func keys(client *api.Client) {
	kv := client.KV()
	_, err := kv.Put(&api.KVPair{Key: "go/a", Value: []byte("one"), Flags: 42}, nil)
	must("put", err)
	pair, _, err := kv.Get("go/a", nil)
	must("get", err)
	expect("the key is kept", string(pair.Value) == "one" && pair.Flags == 42)
	pair.Value = []byte("two")
	done, _, err := kv.CAS(pair, nil)
	must("cas", err)
	expect("cas by the right index", done)
	done, _, err = kv.CAS(pair, nil)
	must("cas again", err)
	expect("no cas by an old index", !done)
	found, _, err := kv.Keys("go/", "/", nil)
	must("keys", err)
	expect("keys are listed", len(found) == 1)
	none, _, err := kv.Get("go/none", nil)
	must("get none", err)
	expect("no key is nil", none == nil)
	_, err = kv.DeleteTree("go/", nil)
	must("delete", err)
	pairs, _, err := kv.List("go/", nil)
	must("list", err)
	expect("the keys are gone", len(pairs) == 0)
}

func failures(client *api.Client) {
	err := client.Agent().UpdateTTL("none", "", api.HealthPassing)
	expect("an unknown check is told by 404", err != nil && strings.Contains(err.Error(), `Unknown check ID "none"`))
	_, _, err = client.Health().Service("go", "", false, &api.QueryOptions{Filter: "Nope == 1"})
	expect("a bad filter is told by 400", err != nil && strings.Contains(err.Error(), "400"))
	must("deregister", client.Agent().ServiceDeregister("go-1"))
	err = client.Agent().ServiceDeregister("go-1")
	expect("an unknown service is told by 404", err != nil && strings.Contains(err.Error(), "Unknown service ID"))
}

func must(what string, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
}

func expect(what string, holds bool) {
	if !holds {
		fmt.Printf("not so: %s\n", what)
		os.Exit(1)
	}
}
