package scenarios

import (
	"fmt"
	"slices"
)

// inferenceNodes reads nodes.
func (d *decoder) inferenceNodes(o object) []Node {
	ns, paths := o.items("nodes", "want nodes, such as [{name: edge}]")
	if !o.has("nodes") {
		d.nodes = []string{"edge"}
		if d.world == inDevices && o.n != nil {
			d.add(o.n.position, "nodes", "want nodes with their addresses, such as [{name: edge, address: http://192.168.1.7:8801}]: the world is devices")
		}
		return []Node{{Name: "edge", CPUs: 1, Threads: 1}}
	}
	var nodes []Node
	for i, n := range ns {
		item := d.object(n, paths[i], "nodes[]")
		node := Node{
			Name:         read(item, "name", asNode),
			CPUs:         read(item, "cpus", whole(0, 1024)),
			Quota:        read(item, "quota", asQuota),
			Threads:      read(item, "threads", whole(0, 1024)),
			Provider:     plainly(read(item, "provider", oneOf(providers...)), providers[0]),
			Optimization: plainly(read(item, "optimization", oneOf(optimizations...)), optimizations[0]),
			Spinning:     read(item, "spinning", asYes),
			Cache:        read(item, "cache", asYes),
			Profile:      read(item, "profile", asText),
			Device:       read(item, "device", asText),
			Speed:        d.speed(item),
		}
		if node.CPUs > 0 && node.Quota > float64(node.CPUs) {
			d.value(item.n.child("quota"), join(item.path, "quota"), fmt.Sprintf("want at most %d00%%: the node has no more CPUs", node.CPUs))
		}
		node.Beside = d.placed(item, node.Name)
		d.device(item, &node)
		if slices.Contains(d.nodes, node.Name) && node.Name != "" {
			d.add(n.position, paths[i], "another node is called %q", node.Name)
		}
		if node.Quota > 0 && node.CPUs > 0 {
			d.bounds[node.Name] = node
		}
		nodes = append(nodes, node)
		d.nodes = append(d.nodes, node.Name)
	}
	return nodes
}

// speed is how fast a node is beside its device; 0 as that.
func (d *decoder) speed(o object) float64 {
	if x := read(o, "speed", asFactor); x != 1 {
		return x
	}
	return 0
}

// plainly is a word, or nothing if it is the usual one.
func plainly(word, usual string) string {
	if word == usual {
		return ""
	}
	return word
}

// The worlds that mean something to a scenario's keys, and the protocol of
// servers that are not ours.
const (
	inDevices = "devices"
	inSim     = "sim"
	plainOIP  = "oip"
)

// ofDevices are the keys of a node that only the world of devices has a meaning
// for, and those that it has none for.
var (
	ofDevices    = []string{"address", "protocol", "token_env", "ca"}
	notOfDevices = []string{"cpus", "beside", "quota"}
	// ofOurs are the keys that a server which is not ours knows nothing of.
	ofOurs = []string{"threads", "provider", "optimization", "spinning", "cache"}
)

// device reads where a node is, in the world of devices.
func (d *decoder) device(o object, n *Node) {
	if d.world == inSim {
		return // what of the key matters there is known of any world
	}
	if d.world != inDevices {
		d.refuse(o, ofDevices, "is for world devices: this scenario's is "+d.world)
		return
	}
	n.CPUs = 0
	n.Address = read(o, "address", asAddress)
	n.Protocol = plainly(read(o, "protocol", oneOf(protocols...)), protocols[0])
	n.TokenEnv = read(o, "token_env", asVariable)
	n.CA = read(o, "ca", asText)
	if !o.has("threads") {
		n.Threads = 0
	}
	if !o.has("address") && o.n != nil {
		d.add(o.n.position, o.path, "missing key \"address\": want where the node is, such as http://192.168.1.7:8801")
	}
	d.refuse(o, notOfDevices, "is not for world devices: the node is where it is, and runs on the CPUs that it was started on")
	if n.Protocol == plainOIP {
		d.asTheyAre = append(d.asTheyAre, n.Name)
		d.refuse(o, ofOurs, "cannot be set on a node of protocol oip: it is measured as it stands")
	}
}

// refuse notes keys of a mapping that have no meaning there.
func (d *decoder) refuse(o object, keys []string, why string) {
	for _, key := range keys {
		if o.has(key) {
			d.add(o.n.child(key).position, join(o.path, key), "%s", why)
		}
	}
}

// repository reads where models come from.
func (d *decoder) repository(o object) Repository {
	r := Repository{
		Beside:  d.placed(o, repository),
		Listen:  read(o, "listen", asListen),
		Address: read(o, "address", asHostPort),
	}
	if d.world == inDevices {
		d.refuse(o, []string{"beside"}, "is not for world devices: models are served by this process")
	} else if d.world != inSim {
		d.refuse(o, []string{"listen", "address"}, "is for world devices: this scenario's is "+d.world)
	}
	return r
}

// asFound notes what a condition asks of real machines that nobody can give
// there.
func (d *decoder) asFound(root *node, c Condition) {
	if d.world != inDevices {
		return
	}
	if links := root.child("links"); links != nil && len(links.entries) > 0 {
		d.add(links.position, "links", "want none in world devices: links between real machines are as they are, and are measured")
	}
	for _, name := range d.asTheyAre {
		if !c.Background[name].IsZero() {
			d.add(root.child("background").position, join("background", name), "want no load on a node of protocol oip: nobody there makes it")
		}
	}
	if r := root.child("residency"); len(d.asTheyAre) > 0 && c.Residency != "warm" && r != nil {
		d.value(r, "residency", "want warm: node "+quote(d.asTheyAre[0])+" of protocol oip keeps its models as it likes")
	}
}
