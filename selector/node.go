package selector

import (
	"slices"
	"time"
)

// A node is what a predictor knows of a node: what was observed before the
// request at hand, and what was learnt from those before it.
type node struct {
	name  string
	curve Curve
	seen  Device  // without what the predictor is to do without
	moves Phases  // transfers of an image
	slow  float64 // by which seen, the curve and ξ say that it computes longer
	sure  float64 // variance of that, relative

	request int // that it was last looked at for

	xi                            correction
	upload, fetch, load, download residual
}

// look takes in what is observed of the node before a request.
func (n *node) look(o *Observation, d *Device, request int) {
	n.seen, n.moves = *d, transfers(o, d)
	n.slow = n.curve.At(d.Utilization) * n.xi.now(request)
	n.sure, n.request = n.xi.variance(d.Utilization, request), request
}

// variance is that of n images of a piece and of what is done once, in ns². The
// images of a request share what makes them late.
func (e *piece) variance(once *Phases, n float64) float64 {
	if e.by == nil {
		return 0
	}
	compute := n * float64(e.each.Preprocess+e.each.Infer)
	v := e.by.sure * compute * compute
	v += e.by.upload.variance(scale(e.each.Upload, n)) + e.by.download.variance(scale(e.each.Download, n))
	if once.Load > 0 {
		v += e.by.load.variance(once.Load)
	}
	if once.Fetch > 0 {
		v += e.by.fetch.variance(once.Fetch)
	}
	return v
}

// shortest is the shortest profile of a model that says anything of the node.
const shortest = 10 * time.Microsecond

// learn takes in how a part of a request went that o was observed before.
func (n *node) learn(o *Observation, part *Part, request int) {
	did, images := part.Observed, float64(max(part.Images, 1))
	if o.Upload > 0 {
		n.upload.learn(scale(n.moves.Upload, images), did.Upload)
	}
	if o.Download > 0 {
		n.download.learn(scale(n.moves.Download, images), did.Download)
	}
	if did.Fetch > 0 {
		n.fetch.learn(fetch(part.Option.Size, &n.seen), did.Fetch)
	}
	if did.Load > 0 && part.Option.Load > 0 {
		n.load.learn(scale(part.Option.Load, n.slow), did.Load)
	}
	profiled := scale(part.Option.Preprocess+part.Option.Infer, images)
	if took := did.Preprocess + did.Infer; took > 0 && profiled >= shortest {
		asCurve := float64(profiled) * n.curve.At(n.seen.Utilization)
		n.xi.learn(float64(took)/asCurve, n.seen.Utilization, request)
	}
}

// loaded says whether the node has an open session of a model.
func (n *node) loaded(model string) bool { return slices.Contains(n.seen.Loaded, model) }
