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
//	name                               -         of the scenario; the file's name without .yaml
//	title                              -         one line, for reports
//	description                        -         what it is for
//	seed                               1         of all random choices
//	world                              netns     netns: network namespaces of this machine; devices: nodes at addresses, as they are; sim: nothing real, in virtual time
//	engine                             auto      what plays the links: auto, relay or tc
//	device                             auto      what the relay carries packets by: auto, packet (sockets) or tun
//	strict                             no        refuse to begin, and stop, where other load may hold the links up
//	noise                              profile   in world sim: how much computing varies: profile (as each device's profile says) or none
//	nodes                              -         inference nodes; [{name: edge}]
//	nodes[].name                       required  letters, digits and '-', at most 10
//	nodes[].cpus                       1         that it may run on; 0: all but one
//	nodes[].quota                      -         CPU time that it and its background load may take, 100% being one CPU; all of cpus
//	nodes[].threads                    1         of one inference; 0: as many as cpus
//	nodes[].beside                     -         another node whose site and link it shares; a link of its own
//	nodes[].provider                   cpu       what runs the models: cpu, cuda, tensorrt, openvino, coreml or xnnpack
//	nodes[].optimization               all       of a model when it is opened: all, extended, basic or off
//	nodes[].spinning                   no        threads of an inference spin while they wait, which is load that nobody asked for
//	nodes[].cache                      no        optimised models are kept on disk and opened from there
//	nodes[].profile                    -         device profile to go by, a file or a published one; measured when the run begins
//	nodes[].device                     -         in world sim: device profile that the node is, a file or a published one; vm-2cpu
//	nodes[].speed                      1x        in world sim: computes so many times as fast as its device profile
//	nodes[].address                    -         in world devices: of the node, such as http://192.168.1.7:8801
//	nodes[].protocol                   testbed   in world devices: testbed (testbed node --listen), or oip: any server of the Open Inference Protocol, as it stands
//	nodes[].token_env                  -         in world devices: environment variable that holds the node's token; none
//	nodes[].ca                         -         in world devices: PEM file of who signed the node's certificate; those that this system trusts
//	repository                         -         where models come from
//	repository.beside                  -         a node whose site and link it shares; a link of its own
//	repository.listen                  -         in world devices: where this process serves models, such as :8802; any free port
//	repository.address                 -         in world devices: host:port by which nodes reach it; found by the connection to the node
//	control                            -         what sends the requests
//	control.beside                     -         a node whose site and link it shares, as where images are taken on the device; a site of its own
//	links                              -         by node, or pair of nodes a/b with a link of their own; perfect wires
//	links.*                            -         the two directions of a link
//	links.*.down                       -         towards the node, or the first of a pair
//	links.*.down.rate                  -         of the bottleneck; unlimited
//	links.*.down.layer                 ethernet  what the rate counts: ip, ethernet, or wire (with preamble and gap)
//	links.*.down.trace                 -         capacity over time, instead of rate
//	links.*.down.trace.file            -         relative to the scenario file
//	links.*.down.trace.mahimahi        -         file, with format mahimahi
//	links.*.down.trace.format          auto      of the file; testbed traces formats lists them
//	links.*.down.trace.column          -         of the file; mahimahi: opportunities; else a column of rates, the one called as the key or direction, or the only one
//	links.*.down.trace.wrap            loop      after its end: loop, hold (the last value) or stop (0)
//	links.*.down.trace.from            0s        of the file, where it begins
//	links.*.down.trace.to              -         of the file, where it ends; its end
//	links.*.down.trace.speed           1x        how much faster than it was recorded
//	links.*.down.trace.scale           1x        what its values are multiplied by
//	links.*.down.delay                 0ms       of this direction alone
//	links.*.down.delay_trace           -         delay over time, instead of delay; keys as of trace
//	links.*.down.jitter                0ms       around delay; order is kept
//	links.*.down.jitter_shape          uniform   uniform (delay ± jitter), normal or pareto (jitter is the standard deviation)
//	links.*.down.unordered             no        jitter may let packets overtake each other
//	links.*.down.loss                  0%        of packets
//	links.*.down.loss_burst            -         mean losses in a row, by the model of Gilbert; independent losses
//	links.*.down.loss_trace            -         loss over time, instead of loss; keys as of trace
//	links.*.down.queue                 -         that may wait, in bytes, packets or time; the larger of 100 ms at the rate and 64 frames of 1514 bytes
//	links.*.down.codel                 -         drops packets that have waited too long (RFC 8289); none
//	links.*.down.codel.target          5ms       that a packet may wait
//	links.*.down.codel.interval        100ms     for which it must have been longer
//	links.*.down.outages               -         when nothing passes and packets wait
//	links.*.down.outages[].from        required  since the trial began
//	links.*.down.outages[].to          required  its end
//	links.*.down.outages[].every       -         again after this; once
//	links.*.down.idle                  -         what waking up costs after a pause, as radios do
//	links.*.down.idle.after            required  of having nothing to send
//	links.*.down.idle.penalty          required  until the next packet can be sent
//	links.*.down.reorder               0%        of packets, which skip the delay and so overtake others
//	links.*.down.duplicate             0%        of packets, which arrive twice
//	links.*.down.corrupt               0%        of packets, which arrive with one bit flipped
//	links.*.down.timeline              -         changes: at a time for good, or from one to another, once or again; of several that hold the last one listed counts
//	links.*.down.timeline[].at         -         from when on; or from and to
//	links.*.down.timeline[].from       -         from when
//	links.*.down.timeline[].to         -         until when
//	links.*.down.timeline[].every      -         from and to again after this; once
//	links.*.down.timeline[].times      -         how often, with every
//	links.*.down.timeline[].rate       -         meanwhile
//	links.*.down.timeline[].delay      -         meanwhile
//	links.*.down.timeline[].loss       -         meanwhile
//	links.*.down.timeline[].outage     no        meanwhile nothing passes and packets wait
//	links.*.up                         -         from the node, or the first of a pair; keys as of down
//	background                         -         by node; no load
//	background.*                       -         what others than the inference use of a node and of its link
//	background.*.cpu                   0%        CPU time, of each of the node's CPUs: a share, or keys for one that changes
//	background.*.cpu.per               core      core: of each, by a thread pinned to it; node: of all together, by threads that go where the scheduler puts them
//	background.*.cpu.level             0%        share of CPU time, where nothing else is said
//	background.*.cpu.trace             -         recorded utilization, instead of level; keys as of a link's trace
//	background.*.cpu.ramp              -         from one level to another, in steps of a hundredth of the way, instead of level
//	background.*.cpu.ramp.from         0%        at its begin
//	background.*.cpu.ramp.to           required  at its end, and after it
//	background.*.cpu.ramp.over         required  that it takes
//	background.*.cpu.ramp.after        0s        since the trial began
//	background.*.cpu.timeline          -         changes, as of a link: at a time for good, or from one to another, once or again
//	background.*.cpu.timeline[].at     -         from when on; or from and to
//	background.*.cpu.timeline[].from   -         from when
//	background.*.cpu.timeline[].to     -         until when
//	background.*.cpu.timeline[].every  -         from and to again after this, for ever where every change has the same; once
//	background.*.cpu.timeline[].times  -         how often, with every
//	background.*.cpu.timeline[].level  required  meanwhile
//	background.*.memory                0%        memory bandwidth: share of what one thread reaches there alone; it takes CPU time, too; keys as of cpu
//	background.*.resident              0B        memory that is held and kept in use
//	background.*.gpu                   0%        NVIDIA GPU: share of time in which a kernel runs; keys as of cpu
//	background.*.down                  0%        cross traffic from the repository to the node: a share of its link's rate, or a rate; keys as of cpu
//	background.*.down.of               -         that shares are of; the mean rate of the link in this direction
//	background.*.down.by               udp       udp: paced; tcp: paced, and gives way; bulk: tcp as fast as it can
//	background.*.up                    0%        cross traffic from the node to the repository; keys as of down
//	dataset                            -         labelled images
//	dataset.name                       signs     built in: signs, or synthetic (photo-like, without meaning); by path: folder (of folders, one a class) or cifar10 (its binary file); in world sim also blank (of which only the next two are known)
//	dataset.size                       -         of each image file of blank
//	dataset.labels                     -         classes of blank
//	dataset.path                       -         of a folder or a CIFAR-10 file; relative to the scenario file
//	dataset.classes                    -         of a folder: file with the names of all classes, a line index,folder,name each; the folders themselves
//	dataset.images                     -         how many of it samples are drawn from: the first of what is built in, a balanced choice of the rest; 4000
//	models                             -         names and files, or a family; {family: signs-resnet}
//	models.family                      required  such as resnet; testbed models list shows them
//	models.weights                     auto      as of models[]
//	models[].name                      required  of a built-in, published or stored model, or of the one in file
//	models[].weights                   auto      auto: built in or stored; seeded: random ones in the exact architecture, for latency without weights
//	models[].file                      -         ONNX; relative to the scenario file
//	models[].sha256                    -         of the file; not checked
//	models[].accuracy                  -         of the file: declared, and required
//	models[].recipe                    -         of the file's input: a name such as imagenet, or its parts; as the built-in models
//	models[].recipe.resize             -         shorter side before the crop, in pixels; size
//	models[].recipe.size               required  width and height, in pixels
//	models[].recipe.interpolation      bilinear  bilinear or bicubic
//	models[].recipe.scale              255       that a pixel is divided by
//	models[].recipe.mean               required  subtracted from pixel/scale, such as [0.485, 0.456, 0.406]
//	models[].recipe.std                required  then divided by, such as [0.229, 0.224, 0.225]
//	placement                          -         what answers: nodes by name; and with the first two nodes cascade (the first, then, if unsure, the second), hedged (both at once) and split (a batch over both); the first node
//	cascade                            -         when the first node of a cascade, or hedged, is sure
//	cascade.threshold                  80%       least confidence: the largest softmax
//	cascade.images                     200       on which accuracy and confidence are measured when a run begins
//	selectors                          -         arms, the baseline first, then the one that is judged: policies, static:MODEL, or keys; one after it that is set as the baseline is, under another name, is a control (A/A); [greedy, advanced]
//	selectors[].name                   -         in results; the policy
//	selectors[].policy                 -         how it chooses: greedy, advanced, static, fastest, random, infaas or bandit; the name; exec and url need none
//	selectors[].budget                 -         accuracy it may give up; the scenario's
//	selectors[].accuracy               declared  that counts: declared, or lower (bound of the 95 % interval, where it was measured)
//	selectors[].quantile               -         decides by the time that this share of requests stays within; by the mean
//	selectors[].horizon                10        requests in which a change of model must pay for itself
//	selectors[].dwell                  0         requests at least that go by a model once it was changed to
//	selectors[].exact                  no        takes the fastest by however little; else what is up to 3 % slower counts as equally fast, and of those the most accurate is taken
//	selectors[].deadline               -         of infaas: options predicted above it are left out
//	selectors[].without                -         parts of its prediction that advanced does without: network, utilization, load, xi or hysteresis
//	selectors[].option                 -         of static: a model, or model@node
//	selectors[].placements             -         that it may choose; all of the scenario's
//	selectors[].exec                   -         command that chooses, with its arguments, run beside the scenario file
//	selectors[].url                    -         of an HTTP server that chooses
//	selectors[].timeout                1s        of one decision by exec or url
//	selectors[].fallback               greedy    of exec and url: the policy that decides where they do not; end: the run ends
//	explore                            -         all: every option answers after each pair, unless judge.every says otherwise, so that the run can be replayed with other selectors
//	judge                              -         what selectors are held against: an oracle, which knows how every option did
//	judge.every                        10        pairs of a trial, from the first: all options answer after it, on the same image; 0: never
//	judge.selectors                    -         asked then without sending requests; all policies that are no arm, and advanced without each term; keys as of selectors
//	record                             -         what is written down of a run; all of it
//	record.decisions                   1         decisions of one in so many pairs of a trial, from its first on
//	record.telemetry                   1s        in world sim: telemetry of every so much of its time
//	budget                             strict    accuracy to give up: 10pp, 10%, or strict (both)
//	load                               -         requests, one at a time
//	load.requests                      30        pairs in a trial
//	load.repetitions                   3         trials of each condition
//	load.warmup                        2         pairs before them, not counted
//	load.think                         0s        pause before each request
//	load.batch                         1         images in a request
//	load.timeout                       60s       of one request
//	residency                          warm      warm: all models are open; first: none when a trial begins; cold: none before each request
//	measure                            -         phases that count; all of them
//	vary                               -         axes; conditions are their cross product, the first the slowest
//	vary[].name                        required  of the axis
//	vary[].paths                       -         keys that take each of the values
//	vary[].values                      required  values for paths, a range of rates, shares or times for them, or named settings
//	vary[].values.from                 required  of a range: the first
//	vary[].values.to                   required  the last
//	vary[].values.steps                required  how many there are
//	vary[].values.scale                linear    linear: equal differences; log: equal factors; those between are rounded to three digits
//	vary[].values[].name               required  of the setting
//	vary[].values[].set                required  path: value, for each key that it sets
//	require                            -         what the verdict asks
//	require.saving                     20%       least mean of (t_baseline - t)/t_baseline
//	require.accuracy_drop              10pp      most accuracy lost
//	require.confidence                 95%       of the intervals
//	require.deadline                   -         most that t may take; none
//	require.on_time                    99%       with deadline: least share of the second selector's requests that keep it
//	stop                               -         when a run may end before all repetitions are done; never
//	stop.when                          required  decided: after a whole repetition by which all requirements are met or not, at a confidence that is higher for each look there may be
//	stop.least                         2         repetitions before the first look; fewer than load.repetitions
//	tolerance                          -         asked against achieved, before a trial is invalid
//	tolerance.rate                     5%        of the rate
//	tolerance.delay                    2ms       of the round trip
//	tolerance.cpu                      5pp       of the utilization
//	tolerance.lag                      1ms       how late packets may be, p99; twice that beside background load
//
// Rates count the Ethernet layer unless layer says otherwise, and a link
// without a rate or trace has no queue. The default queue of a link is stated
// above; "queue: unlimited" takes it away. What changes over time begins with
// each trial. A link between two nodes is named by the pair, edge/cloud, and is
// beside those that join every node with all others; down is towards the first.
//
// A level that changes does so from the begin of a trial, as links do, and what
// the oracle and the arms of a pair meet is the same instant of it, where the
// world can go back to it.
//
// An axis of vary sets keys under links and background, placement (which device
// answers, where devices are compared), residency, measure,
// load.requests, load.warmup, load.think and load.batch. All else is the same in
// all conditions, or they could not be compared.
package scenarios
