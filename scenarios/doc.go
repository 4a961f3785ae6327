// Package scenarios reads scenario files, checks them, and plans what they
// ask for. It looks at no machine: the same file gives the same Plan anywhere.
//
// A scenario is YAML, and strict: a key that does not exist or stands twice, a
// number without its unit, and a value that cannot be are errors that say
// where, and what was wanted. Anchors, aliases and tags are refused.
//
// These are all keys, with their defaults; * is the name of a node, [] each
// item of a list. Where the default is "-", the last column says what holds
// without the key, if anything does.
//
//	name                         -         of the scenario; the file's name without .yaml
//	title                        -         one line, for reports
//	description                  -         what it is for
//	seed                         1         of all random choices
//	world                        netns     network namespaces of this machine
//	engine                       auto      what plays the links: auto, relay or tc
//	nodes                        -         inference nodes; [{name: edge}]
//	nodes[].name                 required  letters, digits and '-', at most 10
//	nodes[].cpus                 1         that it may run on; 0: all but one
//	nodes[].threads              1         of one inference; 0: as many as cpus
//	links                        -         by node; perfect wires
//	links.*                      -         the two directions of a node's link
//	links.*.down                 -         towards the node
//	links.*.down.rate            -         of the bottleneck, Ethernet layer; unlimited
//	links.*.down.trace           -         capacity over time, instead of rate
//	links.*.down.trace.mahimahi  required  delivery opportunities, a file relative to the scenario file
//	links.*.down.delay           0ms       of this direction alone
//	links.*.down.jitter          0ms       uniform, delay ± jitter; order is kept
//	links.*.down.loss            0%        of packets, independently
//	links.*.down.queue           -         bytes that may wait; the larger of 100 ms at the rate and 64 frames of 1514 bytes
//	links.*.up                   -         from the node; keys as of down
//	background                   -         by node; no load
//	background.*                 -         load on a node beside inference
//	background.*.cpu             0%        of each of the node's CPUs
//	dataset                      -         labelled images
//	dataset.name                 signs     the built-in dataset
//	dataset.images               4000      samples are drawn from the first of it
//	models                       -         names and files, or a family; {family: signs-resnet}
//	models.family                required  all built-in models whose names begin so
//	models[].name                required  of a model in a file
//	models[].file                required  ONNX; relative to the scenario file
//	models[].sha256              -         of the file; not checked
//	models[].accuracy            required  declared
//	models[].recipe              -         of the input; as the built-in models
//	models[].recipe.size         required  width and height, in pixels
//	models[].recipe.mean         required  subtracted from pixel/255, such as [0.485, 0.456, 0.406]
//	models[].recipe.std          required  then divided by, such as [0.229, 0.224, 0.225]
//	selectors                    -         arms, the baseline first; [greedy, advanced]
//	selectors[].name             required  greedy or advanced
//	budget                       strict    accuracy to give up: 10pp, 10%, or strict (both)
//	load                         -         requests, one at a time
//	load.requests                30        pairs in a trial
//	load.repetitions             3         trials of each condition
//	load.warmup                  2         pairs before them, not counted
//	load.think                   0s        pause before each request
//	load.timeout                 60s       of one request
//	residency                    warm      warm: all models are open; first: none when a trial begins; cold: none before each request
//	measure                      -         phases that count; all of them
//	vary                         -         axes; conditions are their cross product, the first the slowest
//	vary[].name                  required  of the axis
//	vary[].paths                 -         keys that take each of the values
//	vary[].values                required  values for paths, or named settings
//	vary[].values[].name         required  of the setting
//	vary[].values[].set          required  path: value, for each key that it sets
//	require                      -         what the verdict asks
//	require.saving               20%       least mean of (t_baseline - t)/t_baseline
//	require.accuracy_drop        10pp      most accuracy lost
//	require.confidence           95%       of the intervals
//	tolerance                    -         asked against achieved, before a trial is invalid
//	tolerance.rate               5%        of the rate
//	tolerance.delay              2ms       of the round trip
//	tolerance.cpu                5pp       of the utilization
//
// Rates count the Ethernet layer, and a link without a rate or trace has no
// queue. The default queue of a link is stated above; "queue: unlimited" takes
// it away.
//
// An axis of vary sets keys under links and background, residency, measure,
// load.requests, load.warmup and load.think. All else is the same in all
// conditions, or they could not be compared.
package scenarios
