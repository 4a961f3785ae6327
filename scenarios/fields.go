package scenarios

import (
	"slices"
	"strings"
)

// A field is a key of a scenario file. In its path, * stands for a node's
// name and [] for the items of a list.
type field struct {
	path string
	kind string // of its value: see the kinds
	def  string // value if the key is missing; empty: see doc
	doc  string
}

// required is the default of a key that must be given where its mapping is.
const required = "required"

// fields are all keys there are. Reading, defaults, the table in the package
// comment and the JSON Schema come from here or are held to it by a test.
var fields = slices.Concat([]field{
	{"name", "name", "", "of the scenario; the file's name without .yaml"},
	{"title", "text", "", "one line, for reports"},
	{"description", "text", "", "what it is for"},
	{"seed", "seed", "1", "of all random choices"},
	{"world", "world", "netns", "netns: network namespaces of this machine; devices: nodes at addresses, as they are; sim: nothing real, in virtual time"},
	{"engine", "engine", "auto", "what plays the links: auto, relay or tc"},
	{"device", "device", "auto", "what the relay carries packets by: auto, packet (sockets) or tun"},
	{"strict", "yes", "no", "refuse to begin, and stop, where other load may hold the links up"},
	{"noise", "noise", "profile", "in world sim: how much computing varies: profile (as each device's profile says) or none"},

	{"nodes", "list", "", "inference nodes; [{name: edge}]"},
	{"nodes[].name", "node", required, "letters, digits and '-', at most 10"},
	{"nodes[].cpus", "cpus", "1", "that it may run on; 0: all but one"},
	{"nodes[].quota", "quota", "", "CPU time that it and its background load may take, 100% being one CPU; all of cpus"},
	{"nodes[].threads", "cpus", "1", "of one inference; 0: as many as cpus"},
	{"nodes[].beside", "text", "", "another node whose site and link it shares; a link of its own"},
	{"nodes[].provider", "provider", "cpu", "what runs the models: cpu, cuda, tensorrt, openvino, coreml or xnnpack"},
	{"nodes[].optimization", "optimization", "all", "of a model when it is opened: all, extended, basic or off"},
	{"nodes[].spinning", "yes", "no", "threads of an inference spin while they wait, which is load that nobody asked for"},
	{"nodes[].cache", "yes", "no", "optimised models are kept on disk and opened from there"},
	{"nodes[].profile", "text", "", "device profile to go by, a file or a published one; measured when the run begins"},
	{"nodes[].device", "text", "", "in world sim: device profile that the node is, a file or a published one; vm-2cpu"},
	{"nodes[].speed", "factor", "1x", "in world sim: computes so many times as fast as its device profile"},
	{"nodes[].address", "address", "", "in world devices: of the node, such as http://192.168.1.7:8801"},
	{"nodes[].protocol", "protocol", "testbed", "in world devices: testbed (testbed node --listen), or oip: any server of the Open Inference Protocol, as it stands"},
	{"nodes[].token_env", "variable", "", "in world devices: environment variable that holds the node's token; none"},
	{"nodes[].ca", "text", "", "in world devices: PEM file of who signed the node's certificate; those that this system trusts"},
	{"repository", "map", "", "where models come from"},
	{"repository.beside", "text", "", "a node whose site and link it shares; a link of its own"},
	{"repository.listen", "listen", "", "in world devices: where this process serves models, such as :8802; any free port"},
	{"repository.address", "hostport", "", "in world devices: host:port by which nodes reach it; found by the connection to the node"},

	{"control", "map", "", "what sends the requests"},
	{"control.beside", "text", "", "a node whose site and link it shares, as where images are taken on the device; a site of its own"},

	{"links", "map", "", "by node, or pair of nodes a/b with a link of their own; perfect wires"},
	{"links.*", "map", "", "the two directions of a link"},
	{"links.*.down", "map", "", "towards the node, or the first of a pair"},
}, link("links.*.down"), []field{
	{"links.*.up", "map", "", "from the node, or the first of a pair; keys as of down"},
}, link("links.*.up"), []field{
	{"background", "map", "", "by node; no load"},
	{"background.*", "map", "", "what others than the inference use of a node and of its link"},
}, background("background.*"), []field{
	{"dataset", "map", "", "labelled images"},
	{"dataset.name", "dataset", "signs", "built in: signs, or synthetic (photo-like, without meaning); by path: folder (of folders, one a class) or cifar10 (its binary file); in world sim also blank (of which only the next two are known)"},
	{"dataset.size", "size", "", "of each image file of blank"},
	{"dataset.labels", "labels", "", "classes of blank"},
	{"dataset.path", "text", "", "of a folder or a CIFAR-10 file; relative to the scenario file"},
	{"dataset.classes", "text", "", "of a folder: file with the names of all classes, a line index,folder,name each; the folders themselves"},
	{"dataset.images", "images", "", "how many of it samples are drawn from: the first of what is built in, a balanced choice of the rest; 4000"},

	{"models", "models", "", "names and files, or a family; {family: signs-resnet}"},
	{"models.family", "text", required, "such as resnet; testbed models list shows them"},
	{"models.weights", "weights", "auto", "as of models[]"},
	{"models[].name", "name", required, "of a built-in, published or stored model, or of the one in file"},
	{"models[].weights", "weights", "auto", "auto: built in or stored; seeded: random ones in the exact architecture, for latency without weights"},
	{"models[].file", "text", "", "ONNX; relative to the scenario file"},
	{"models[].sha256", "sha256", "", "of the file; not checked"},
	{"models[].accuracy", "share", "", "of the file: declared, and required"},
	{"models[].recipe", "recipe", "", "of the file's input: a name such as imagenet, or its parts; as the built-in models"},
	{"models[].recipe.resize", "pixels", "", "shorter side before the crop, in pixels; size"},
	{"models[].recipe.size", "pixels", required, "width and height, in pixels"},
	{"models[].recipe.interpolation", "interpolation", "bilinear", "bilinear or bicubic"},
	{"models[].recipe.scale", "number", "255", "that a pixel is divided by"},
	{"models[].recipe.mean", "channels", required, "subtracted from pixel/scale, such as [0.485, 0.456, 0.406]"},
	{"models[].recipe.std", "channels", required, "then divided by, such as [0.229, 0.224, 0.225]"},

	{"placement", "names", "", "what answers: nodes by name; and with the first two nodes cascade (the first, then, if unsure, the second), hedged (both at once) and split (a batch over both); the first node"},
	{"cascade", "map", "", "when the first node of a cascade, or hedged, is sure"},
	{"cascade.threshold", "share", "80%", "least confidence: the largest softmax"},
	{"cascade.images", "images", "200", "on which accuracy and confidence are measured when a run begins"},
	{"selectors", "list", "", "arms, the baseline first, then the one that is judged: policies, static:MODEL, or keys; one after it that is set as the baseline is, under another name, is a control (A/A); [greedy, advanced]"},
}, arm("selectors[]"), []field{
	{"explore", "explore", "", "all: every option answers after each pair, unless judge.every says otherwise, so that the run can be replayed with other selectors"},
	{"judge", "map", "", "what selectors are held against: an oracle, which knows how every option did"},
	{"judge.every", "requests", "10", "pairs of a trial, from the first: all options answer after it, on the same image; 0: never"},
	{"judge.selectors", "list", "", "asked then without sending requests; all policies that are no arm, and advanced without each term; keys as of selectors"},
}, arm("judge.selectors[]"), []field{
	{"record", "map", "", "what is written down of a run; all of it"},
	{"record.decisions", "requests", "1", "decisions of one in so many pairs of a trial, from its first on"},
	{"record.telemetry", "time", "1s", "in world sim: telemetry of every so much of its time"},
	{"budget", "budget", "strict", "accuracy to give up: 10pp, 10%, or strict (both)"},

	{"load", "map", "", "requests, one at a time"},
	{"load.requests", "requests", "30", "pairs in a trial"},
	{"load.repetitions", "repetitions", "3", "trials of each condition"},
	{"load.warmup", "warmup", "2", "pairs before them, not counted"},
	{"load.think", "time", "0s", "pause before each request"},
	{"load.batch", "batch", "1", "images in a request"},
	{"load.timeout", "timeout", "60s", "of one request"},
	{"residency", "residency", "warm", "warm: all models are open; first: none when a trial begins; cold: none before each request"},
	{"measure", "phases", "", "phases that count; all of them"},

	{"vary", "list", "", "axes; conditions are their cross product, the first the slowest"},
	{"vary[].name", "name", required, "of the axis"},
	{"vary[].paths", "list", "", "keys that take each of the values"},
	{"vary[].values", "values", required, "values for paths, a range of rates, shares or times for them, or named settings"},
	{"vary[].values.from", "text", required, "of a range: the first"},
	{"vary[].values.to", "text", required, "the last"},
	{"vary[].values.steps", "steps", required, "how many there are"},
	{"vary[].values.scale", "scale", "linear", "linear: equal differences; log: equal factors; those between are rounded to three digits"},
	{"vary[].values[].name", "name", required, "of the setting"},
	{"vary[].values[].set", "map", required, "path: value, for each key that it sets"},

	{"require", "map", "", "what the verdict asks"},
	{"require.saving", "share", "20%", "least mean of (t_baseline - t)/t_baseline"},
	{"require.accuracy_drop", "points", "10pp", "most accuracy lost"},
	{"require.confidence", "confidence", "95%", "of the intervals"},
	{"require.deadline", "timeout", "", "most that t may take; none"},
	{"require.on_time", "confidence", "99%", "with deadline: least share of the second selector's requests that keep it"},
	{"stop", "map", "", "when a run may end before all repetitions are done; never"},
	{"stop.when", "stopping", required, "decided: after a whole repetition by which all requirements are met or not, at a confidence that is higher for each look there may be"},
	{"stop.least", "repetitions", "2", "repetitions before the first look; fewer than load.repetitions"},
	{"tolerance", "map", "", "asked against achieved, before a trial is invalid"},
	{"tolerance.rate", "share", "5%", "of the rate"},
	{"tolerance.delay", "time", "2ms", "of the round trip"},
	{"tolerance.cpu", "points", "5pp", "of the utilization"},
	{"tolerance.lag", "time", "1ms", "how late packets may be, p99; twice that beside background load"},
})

// fieldAt is the field of a pattern; it panics on one that does not exist, as
// only this package makes them.
func fieldAt(pattern string) field {
	for _, f := range fields {
		if f.path == pattern {
			return f
		}
	}
	panic("scenarios: no field " + pattern)
}

// keysOf are the keys that a mapping of that pattern may have; "*" alone if
// they are names of nodes.
func keysOf(pattern string) (keys []string) {
	prefix := ""
	if pattern != "" {
		prefix = pattern + "."
	}
	for _, f := range fields {
		if rest, ok := strings.CutPrefix(f.path, prefix); ok && !strings.ContainsAny(rest, ".[") {
			keys = append(keys, rest)
		}
	}
	return keys
}

// exists says whether a dotted path is that of a key, and notes a mistake in
// what stands at p, reached by the path at, if it is not.
func (ps *problems) exists(p position, at, path string) bool {
	pattern, walked := "", ""
	for key := range strings.SplitSeq(path, ".") {
		keys := keysOf(pattern)
		switch {
		case len(keys) == 0 && pattern != "" && hasItems(pattern):
			ps.add(p, at, "%s is a list: set it whole", walked)
			return false
		case len(keys) == 0:
			ps.add(p, at, "%s has no keys, so no %q", walked, key)
			return false
		case slices.Equal(keys, []string{"*"}):
			pattern = join(pattern, "*")
		case slices.Contains(keys, key):
			pattern = join(pattern, key)
		default:
			ps.add(p, at, "%s%s", prefixed(walked), unknown(key, keys))
			return false
		}
		walked = join(walked, key)
	}
	return true
}

// hasItems says whether a pattern is that of a list.
func hasItems(pattern string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return strings.HasPrefix(f.path, pattern+"[]") }) ||
		slices.Contains([]string{"phases", "names", "terms"}, fieldAt(pattern).kind)
}

// unknown is the message for a key that does not exist.
func unknown(key string, keys []string) string {
	return "unknown key " + quote(key) + suggest(key, keys)
}

func prefixed(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}
