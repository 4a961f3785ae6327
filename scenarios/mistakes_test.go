package scenarios_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/testbed/testbed/scenarios"
)

// TestMistakes breaks one thing of a good file at a time and compares the
// whole message. The lines are those of good.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"rate: 5Mbps", "rate: 5", `8:13: links.edge.down.rate: "5": want a rate with its unit, such as 5Mbps`},
		{"rate: 5Mbps", "rate: 5MBps", `8:13: links.edge.down.rate: "5MBps": want a rate with its unit, such as 5Mbps`},
		{"rate: 5Mbps", "rate: 0bps", `8:13: links.edge.down.rate: "0bps": want a rate above 0, or unlimited; outages: [{from: 10s, to: 12s}] lets nothing pass for a while`},
		{"rate: 5Mbps", "rate: 101Gbps", `8:13: links.edge.down.rate: "101Gbps": want a rate of at most 100Gbps`},
		{"rate: 5Mbps", "rate: [5Mbps]", `8:13: links.edge.down.rate: a list: want a rate with its unit, such as 5Mbps`},
		{"delay: 10ms", "dealy: 10ms", `9:7: links.edge.down: unknown key "dealy"; did you mean "delay"?`},
		{"delay: 10ms", "rate: 10ms", `9:7: links.edge.down: duplicate key "rate"; first on line 8`},
		{"delay: 10ms", "delay: 10", `9:14: links.edge.down.delay: "10": want a time with its unit, such as 10ms`},
		{"delay: 10ms", "delay: 2m", `9:14: links.edge.down.delay: "2m": want a time from 0s to 1m`},
		{"jitter: 1ms", "jitter: 11ms", `10:15: links.edge.down.jitter: "11ms": want at most the delay, 10ms`},
		{"loss: 0.1%", "loss: 0.1", `11:13: links.edge.down.loss: "0.1": want a share from 0% to less than 100%, such as 0.1%`},
		{"loss: 0.1%", "loss: 100%", `11:13: links.edge.down.loss: "100%": want a share from 0% to less than 100%, such as 0.1%`},
		{"queue: 64KiB", "queue: 1513B", `12:14: links.edge.down.queue: "1513B": want at least one full frame, 1514B, or nothing would pass`},
		{"queue: 64KiB", "queue: 64", `12:14: links.edge.down.queue: "64": want a size with its unit, such as 64KiB, 100packets or 50ms`},
		{"up: {trace:", "up: {rate: 1Mbps, trace:", `13:23: links.edge.up: want a rate or a trace, not both`},
		{"mahimahi: traces/x.up", "mahimahi: traces/y.up", `13:28: links.edge.up.trace.mahimahi: "traces/y.up": no such file: want a trace, its name relative to s`},
		{"mahimahi: traces/x.up", "mahimahi: /x.up", `13:28: links.edge.up.trace.mahimahi: "/x.up": want a file in the directory of x.yaml or below, by its name relative to it; copy or link it there`},
		{"mahimahi: traces/x.up", "mahimahi: ../../x.up", `13:28: links.edge.up.trace.mahimahi: "../../x.up": want a file in the directory of x.yaml or below, by its name relative to it; copy or link it there`},
		{"  edge:\n", "  edgy:\n", `6:3: links: no node "edgy"; did you mean "edge"?`},
		{"cpu: 50%", "cpu: 150%", `15:15: background.edge.cpu: "150%": want a share from 0% to 100%, such as 50%`},
		{"cpu: 50%", "gqu: 50%", `15:10: background.edge: unknown key "gqu"; did you mean "gpu"?`},
		{"title: All parts", "titel: All parts", `1:1: unknown key "titel"; did you mean "title"?`},
		{"title: All parts", "colour: red", `1:1: unknown key "colour"`},
		{"seed: 42", "seed: -1", `2:7: seed: "-1": want a whole number from 0 to 18446744073709551615`},
		{"engine: relay", "engine: rely", `3:9: engine: "rely": want auto, relay or tc; did you mean "relay"?`},
		{"engine: relay", "engine: tc\ndevice: tun", `4:9: device: "tun": want packet or auto with engine tc: the kernel cannot redirect what a TUN carries`},
		{"engine: relay", "world: simm", `3:8: world: "simm": want netns, devices or sim; did you mean "sim"?`},
		{"engine: relay", "name: a/b", `3:7: name: "a/b": want a name of letters, digits, '.', '_' and '-'`},
		{"name: cloud", "name: edge", `4:44: nodes[1]: another node is called "edge"`},
		{"name: cloud", "name: control", `4:51: nodes[1].name: "control": want another name: the world has a node of this one`},
		{"name: cloud", "name: a-long-name", `4:51: nodes[1].name: "a-long-name": want a name of at most 10 lower-case letters, digits and '-'`},
		{"{name: cloud}", "{cpus: 1}", `4:44: nodes[1]: missing key "name"`},
		{"name: signs,", "name: cifar,", `16:17: dataset.name: "cifar": want signs, synthetic, folder, cifar10 or blank`},
		{"images: 1000", "images: 0", `16:32: dataset.images: "0": want a whole number from 1 to 1000000`},
		{"- signs-resnet8", "- signs-resnet9", `18:5: models[0]: "signs-resnet9": want a model that is built in, published or stored (testbed models list), or one with its file; did you mean "signs-resnet8"?`},
		{"- signs-resnet8", "- {name: signs-resnet8, weights: random}", `18:36: models[0].weights: "random": want auto or seeded`},
		{"- signs-resnet8", "- {name: signs-resnet8, accuracy: 5%}", `18:37: models[0].accuracy: is for a model with a file: of others it is known`},
		{"accuracy: 91%, ", "", `19:5: models[1]: missing key "accuracy": want what is declared for the file, such as 76.1%`},
		{"recipe: {size: 32", "recipe: {size: 32, resize: 30", `19:75: models[1].recipe.resize: "30": want at least size, or nothing could be cut out`},
		{"recipe: {size: 32", "recipe: {size: 32, scale: 0", `19:74: models[1].recipe.scale: "0": want a positive number, such as 255`},
		{"recipe: {size: 32", "recipe: {size: 32, interpolation: nearest", `19:82: models[1].recipe.interpolation: "nearest": want bilinear or bicubic`},
		{"recipe: {size: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}", "recipe: imagenett", `19:56: models[1].recipe: "imagenett": want a recipe: recipe "imagenett": "imagenett": want imagenet, imagenet-v2, imagenet-bicubic, imagenet-299, inception, cifar10, signs, or settings as crop=224`},
		{"name: signs,", "name: folder,", `16:10: dataset: missing key "path": want where the folder is`},
		{"name: signs,", "path: x,", `16:17: dataset.path: signs is built in: want dataset.name folder or cifar10 with a path`},
		{"name: signs,", "classes: x,", `16:20: dataset.classes: want it with dataset.name folder: the classes of signs are known`},
		{"{name: cloud}", "{name: cloud, address: http://a:1}", `4:67: nodes[1].address: is for world devices: this scenario's is netns`},
		{"{name: cloud}", "{name: cloud, provider: gpu}", `4:68: nodes[1].provider: "gpu": want cpu, cuda, tensorrt, openvino, coreml or xnnpack; did you mean "cpu"?`},
		{"name: big, file: big.onnx", "file: big.onnx", `19:5: models[1]: missing key "name"`},
		{"std: [0.25, 0.25, 0.25]", "std: [0.25, 0.25]", `19:95: models[1].recipe.std: a list: want three numbers, of red, green and blue, such as [0.5, 0.5, 0.5]`},
		{"std: [0.25, 0.25, 0.25]", "std: [0.25, 0.25, 0]", `19:95: models[1].recipe.std: a list: want no 0 to divide by`},
		{"[greedy, {name: advanced}]", "[greedy]", `20:13: selectors[0]: want at least two selectors: the baseline, and one to compare with it`},
		{"{name: advanced}", "greedy", `20:21: selectors[1]: "greedy" a second time: selectors are told apart by their names: {name: other, policy: …}`},
		{"{name: advanced}", "best", `20:21: selectors[1]: "best": want greedy, advanced, static, fastest, random, infaas or bandit`},
		{"budget: 10pp", "budget: 10", `21:9: budget: "10": want percentage points such as 10pp, a share of the best accuracy such as 10%, or strict for both of these`},
		{"requests: 6", "requests: 6.5", `22:18: load.requests: "6.5": want a whole number from 1 to 1000000`},
		{"timeout: 10s", "timeout: 0s", `22:69: load.timeout: "0s": want a time from 1ns to 24h`},
		{"repetitions: 4", "repetitions: 10000, requests: 1", `22:41: load: duplicate key "requests"; first on line 22`},
		{"requests: 6, repetitions: 4", "requests: 1000000, repetitions: 5", `1:1: load: 5 repetitions of 2000008 pairs in 4 conditions: want at most 10000000 pairs in all`},
		{"residency: first", "residency: hot", `23:12: residency: "hot": want warm, first or cold`},
		{"measure: [upload, infer]", "measure: infer", `24:10: measure: "infer": want phases, such as [upload, infer, download]`},
		{"measure: [upload, infer]", "measure: []", `24:10: measure: an empty list: want phases, such as [upload, infer, download]`},
		{"measure: [upload, infer]", "measure: [infer, infer]", `24:18: measure[1]: "infer" a second time`},
		{"paths: [links.edge.down.rate]", "paths: [links.edge.dwon.rate]", `27:13: vary[0].paths[0]: links.edge: unknown key "dwon"; did you mean "down"?`},
		{"paths: [links.edge.down.rate]", "paths: [links.egde.down.rate]", `27:13: vary[0].paths[0]: links: no node "egde"; did you mean "edge"?`},
		{"paths: [links.edge.down.rate]", "paths: [links.edge.down.rate.x]", `27:13: vary[0].paths[0]: links.edge.down.rate has no keys, so no "x"`},
		{"paths: [links.edge.down.rate]", "paths: [seed]", `27:13: vary[0].paths[0]: "seed" is the same in all conditions, so that they can be compared: an axis may set links, background, placement, residency, measure, load.requests, load.warmup, load.think and load.batch`},
		{"values: [5Mbps, 20Mbps]", "values: [5Mbps, 20]", `28:21: links.edge.down.rate: "20": want a rate with its unit, such as 5Mbps`},
		{"values: [5Mbps, 20Mbps]", "values: [5Mbps, 5Mbps]", `28:21: vary[0].values[1]: "5Mbps" a second time`},
		{"values: [5Mbps, 20Mbps]", "values: [5Mbps, 20 Mbps]", `28:21: vary[0].values[1]: "20 Mbps": want at most 64 bytes without spaces and '/', as conditions are named after it; name it by {name: …, set: {…}}`},
		{"name: device", "name: bandwidth", `29:5: vary[1]: another axis is called "bandwidth"`},
		{"{residency: warm}", "{links.edge.down: {}}", `29:5: vary[1]: "links.edge.down" is set by axis "bandwidth" already`},
		{"{residency: warm}", "{residency: warm, residency: cold}", `32:45: vary[1].values[1].set: duplicate key "residency"; first on line 32`},
		{"{residency: warm}", "{residency: tepid}", `32:39: residency: "tepid": want warm, first or cold`},
		{"{residency: warm}", "{load: {requests: 3}}", `32:28: vary[1].values[1].set: "load" is the same in all conditions, so that they can be compared: an axis may set links, background, placement, residency, measure, load.requests, load.warmup, load.think and load.batch`},
		{"saving: 25%", "saving: 0.25", `33:19: require.saving: "0.25": want a share from 0% to 100%, such as 50%`},
		{"accuracy_drop: 5pp", "accuracy_drop: 5%", `33:39: require.accuracy_drop: "5%": want percentage points from 0pp to 100pp, such as 10pp`},
		{"confidence: 90%", "confidence: 100%", `33:56: require.confidence: "100%": want a share from 50% to less than 100%, such as 95%`},
		{"deadline: 80ms", "deadline: 80", `33:71: require.deadline: "80": want a time with its unit, such as 10ms`},
		{"deadline: 80ms", "deadline: 0s", `33:71: require.deadline: "0s": want a time from 1ns to 24h`},
		{"deadline: 80ms, ", "", `33:70: require.on_time: "98%": want it with require.deadline, which says by when`},
		{"on_time: 98%", "on_time: 100%", `33:86: require.on_time: "100%": want a share from 50% to less than 100%, such as 95%`},
		{"when: decided", "when: bored", `35:14: stop.when: "bored": want decided`},
		{"when: decided, ", "", `35:7: stop: missing key "when"`},
		{"least: 3", "least: 4", `35:30: stop.least: "4": want fewer repetitions than there are (load.repetitions: 4), or there is nothing to leave out`},
		{"{when: decided, least: 3}", "decided", `35:7: stop: "decided": want keys with their values`},
		{"least: 3", "least: 0", `35:30: stop.least: "0": want a whole number from 2 to 10000`},
		{"repetitions: 4", "repetitions: 2", `35:30: stop.least: "3": want fewer repetitions than there are (load.repetitions: 2), or there is nothing to leave out`},
		{"delay: 3ms", "latency: 3ms", `34:23: tolerance: unknown key "latency"`},
		{"seed: 42", "seed: &s 42", `2:7: seed: anchors, aliases, tags and merge keys are not part of scenario files`},
		{"seed: 42", "seed: [42", `3:1: not YAML: ',' or ']' must be specified`},
		{"seed: 42", "seed:", `2:6: seed: nothing: want a whole number from 0 to 18446744073709551615`},
		{"title: All parts\n", "---\nseed: 1\n---\n", `4:1: want one YAML document, not 2`},
	} {
		if strings.Count(good, tt.old) != 1 && tt.old != "  edge:\n" {
			t.Errorf("%q is in the good file %d times", tt.old, strings.Count(good, tt.old))
			continue
		}
		_, err := scenarios.Read(files(strings.Replace(good, tt.old, tt.new, 1)), "s/x.yaml", nil)
		if want := "s/x.yaml:" + tt.want; err == nil || err.Error() != want {
			t.Errorf("%q for %q:\n got %v\nwant %s", tt.new, tt.old, err, want)
		}
		var field *scenarios.FieldError
		if !errors.As(err, &field) {
			t.Errorf("%q for %q: %T, want a *FieldError", tt.new, tt.old, err)
		}
	}
}

// TestFirstMistake: of several mistakes the first by position counts, however
// late it is checked.
func TestFirstMistake(t *testing.T) {
	for _, tt := range []struct{ yaml, want string }{
		{"load: {requests: 0}\nseed: x\n", `s/x.yaml:1:18: load.requests: "0": want a whole number from 1 to 1000000`},
		{"seed: x\nlode: {}\n", `s/x.yaml:1:7: seed: "x": want a whole number from 0 to 18446744073709551615`},
		{"load: {repetitions: 2}\nstop: {when: decided}\n", `s/x.yaml:2:7: stop: least is 2: want fewer repetitions than there are (load.repetitions: 2), or there is nothing to leave out`},
		{"load: {repetitions: 2}\nstop: decided\n", `s/x.yaml:2:7: stop: "decided": want keys with their values`},
		{"vary: [{name: a, values: [{name: b, set: {sed: 1}}]}]\nseed: x\n", `s/x.yaml:1:43: vary[0].values[0].set: unknown key "sed"; did you mean "seed"?`},
	} {
		_, err := scenarios.Read(files(tt.yaml), "s/x.yaml", nil)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q:\n got %v\nwant %s", tt.yaml, err, tt.want)
		}
	}
}
