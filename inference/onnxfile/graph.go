package onnxfile

import (
	"fmt"
	"slices"
)

func (d *decoder) function(fd field) error {
	return d.each(functionSchema, fd.end, func(fd field) error {
		if fd.num == functionNode {
			return d.node(fd)
		}
		return nil
	})
}

// graph reads a GraphProto. Inputs and outputs count in the outermost only.
func (d *decoder) graph(fd field) error {
	if d.depth++; d.depth > maxDepth {
		return fmt.Errorf("graphs in graphs, more than %d deep", maxDepth)
	}
	defer func() { d.depth-- }()
	return d.each(graphSchema, fd.end, func(fd field) error {
		switch fd.num {
		case graphNode:
			return d.node(fd)
		case graphInitializer:
			return d.initializer(fd)
		case graphInput:
			return d.value(&d.info.Inputs, fd)
		case graphOutput:
			return d.value(&d.info.Outputs, fd)
		}
		return nil
	})
}

// node reads a NodeProto.
func (d *decoder) node(fd field) error {
	var op, domain string
	var inputs, outputs []string
	var constant int64
	var isConstant bool
	err := d.each(nodeSchema, fd.end, func(fd field) (err error) {
		var s string
		switch fd.num {
		case nodeOp:
			op, err = d.text(fd)
		case nodeDomain:
			domain, err = d.text(fd)
		case nodeInput:
			s, err = d.text(fd)
			inputs = append(inputs, s)
		case nodeOutput:
			s, err = d.text(fd)
			outputs = append(outputs, s)
		case nodeAttribute:
			err = d.attribute(fd, func(t tensor) { isConstant, constant = true, t.weights() })
		}
		return err
	})
	if err != nil {
		return err
	}
	if domain != "" && domain != "ai.onnx" {
		op = domain + ":" + op
	}
	if _, known := d.info.Ops[op]; !known {
		if err := d.keep(64); err != nil {
			return err
		}
	}
	d.info.Ops[op]++
	if op == "Constant" && isConstant && len(outputs) == 1 {
		if err := d.store(outputs[0], constant); err != nil {
			return err
		}
	}
	return d.fix(op, inputs)
}

// attribute reads an AttributeProto: what it holds of tensors and graphs.
func (d *decoder) attribute(fd field, each func(tensor)) error {
	return d.each(attributeSchema, fd.end, func(fd field) error {
		switch fd.num {
		case attributeTensor:
			t, err := d.tensor(fd)
			each(t)
			return err
		case attributeGraph, attributeGraphs:
			return d.subgraph(fd)
		}
		return nil
	})
}

// subgraph reads a graph whose inputs and outputs are not the model's.
func (d *decoder) subgraph(fd field) error {
	in, out := d.info.Inputs, d.info.Outputs
	err := d.graph(fd)
	d.info.Inputs, d.info.Outputs = in, out
	return err
}

// learned says, for operators some of whose stored inputs are no weights,
// which are. (Of batch normalisation, the mean and variance are observed, not
// learned.)
var learned = map[string][]int{
	"BatchNormalization": {1, 2},
	"Clip":               {}, "Pad": {}, "Resize": {}, "Upsample": {}, "Dropout": {}, "Slice": {}, "Pow": {},
	"QuantizeLinear": {0}, "DequantizeLinear": {0},
	"QLinearConv": {3, 8}, "QLinearMatMul": {0, 3}, "ConvInteger": {1}, "MatMulInteger": {0, 1},
	"com.microsoft:QLinearAdd": {0, 3}, "com.microsoft:QLinearMul": {0, 3}, "com.microsoft:QGemm": {0, 3, 6},
	"com.microsoft:QLinearGlobalAveragePool": {}, "com.microsoft:QLinearAveragePool": {}, "com.microsoft:QLinearConcat": {},
	"com.microsoft:QuantizeLinear": {0}, "com.microsoft:DequantizeLinear": {0},
}

// fix notes which inputs of a node of operator op are no weights.
func (d *decoder) fix(op string, inputs []string) error {
	weights, some := learned[op]
	if !some {
		return nil
	}
	for i, name := range inputs {
		if slices.Contains(weights, i) || name == "" {
			continue
		}
		d.fixed[name] = true
		if err := d.keep(64); err != nil {
			return err
		}
	}
	return nil
}

// value reads a ValueInfoProto.
func (d *decoder) value(to *[]Value, fd field) error {
	var v Value
	err := d.each(valueSchema, fd.end, func(fd field) (err error) {
		switch fd.num {
		case valueName:
			v.Name, err = d.text(fd)
		case valueType:
			err = d.each(typeSchema, fd.end, func(fd field) error {
				if fd.num != typeTensor {
					return nil
				}
				return d.tensorType(&v, fd)
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	*to = append(*to, v)
	return d.keep(64)
}

func (d *decoder) tensorType(v *Value, fd field) error {
	return d.each(tensorTypeSchema, fd.end, func(fd field) error {
		switch fd.num {
		case typeElem:
			v.Elem = Elem(fd.x)
		case typeShape:
			if v.Shape == nil {
				v.Shape = []int64{}
			}
			return d.each(shapeSchema, fd.end, func(fd field) error {
				if fd.num != shapeDim {
					return nil
				}
				return d.dim(v, fd)
			})
		}
		return nil
	})
}

func (d *decoder) dim(v *Value, fd field) error {
	size := int64(-1)
	err := d.each(dimSchema, fd.end, func(fd field) error {
		switch fd.num {
		case dimValue:
			size = max(int64(fd.x), -1)
		case dimParam:
			size = -1
		}
		return nil
	})
	v.Shape = append(v.Shape, size)
	if err != nil {
		return err
	}
	return d.keep(8)
}
