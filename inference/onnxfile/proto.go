package onnxfile

import "google.golang.org/protobuf/encoding/protowire"

// A schema is a message of onnx.proto: its known fields, by number. Fields
// that it does not have are stepped over.
type schema map[protowire.Number]fieldType

// A fieldType is the name of a field and how it is stored. A repeated number
// may also be packed.
type fieldType struct {
	name     string
	wire     protowire.Type
	repeated bool
}

func number(name string) fieldType { return fieldType{name, protowire.VarintType, false} }
func numbers(name string) fieldType {
	return fieldType{name, protowire.VarintType, true}
}
func delimited(name string) fieldType { return fieldType{name, protowire.BytesType, false} }

// Field numbers of onnx.proto3, release 1.19.
const (
	modelIR, modelProducer, modelProducerVersion, modelGraph, modelOpset, modelMetadata, modelFunction = 1, 2, 3, 7, 8, 14, 25

	opsetDomain, opsetVersion = 1, 2

	entryKey, entryValue = 1, 2

	functionNode = 7

	graphNode, graphName, graphInitializer, graphInput, graphOutput = 1, 2, 5, 11, 12

	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute, nodeDomain = 1, 2, 3, 4, 5, 7

	attributeName, attributeFloat, attributeInt, attributeTensor, attributeGraph, attributeFloats, attributeInts, attributeGraphs, attributeType = 1, 2, 3, 5, 6, 7, 8, 11, 20

	tensorDims, tensorElem, tensorFloats, tensorInt32s, tensorStrings, tensorInt64s, tensorName, tensorRaw, tensorDoubles, tensorUint64s, tensorExternal, tensorLocation = 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14

	valueName, valueType = 1, 2
	typeTensor           = 1
	typeElem, typeShape  = 1, 2
	shapeDim             = 1
	dimValue, dimParam   = 1, 2
)

var (
	modelSchema = schema{
		modelIR: number("ir_version"), modelProducer: delimited("producer_name"), modelProducerVersion: delimited("producer_version"),
		modelGraph: delimited("graph"), modelOpset: delimited("opset_import"), modelMetadata: delimited("metadata_props"), modelFunction: delimited("functions"),
	}
	opsetSchema    = schema{opsetDomain: delimited("domain"), opsetVersion: number("version")}
	entrySchema    = schema{entryKey: delimited("key"), entryValue: delimited("value")}
	functionSchema = schema{functionNode: delimited("node")}
	graphSchema    = schema{
		graphNode: delimited("node"), graphName: delimited("name"), graphInitializer: delimited("initializer"),
		graphInput: delimited("input"), graphOutput: delimited("output"),
	}
	nodeSchema = schema{
		nodeInput: delimited("input"), nodeOutput: delimited("output"), nodeName: delimited("name"), nodeOp: delimited("op_type"),
		nodeAttribute: delimited("attribute"), nodeDomain: delimited("domain"),
	}
	attributeSchema = schema{attributeTensor: delimited("t"), attributeGraph: delimited("g"), attributeGraphs: delimited("graphs")}
	tensorSchema    = schema{
		tensorDims: numbers("dims"), tensorElem: number("data_type"), tensorName: delimited("name"), tensorRaw: delimited("raw_data"),
		tensorExternal: delimited("external_data"), tensorLocation: number("data_location"),
	}
	valueSchema      = schema{valueName: delimited("name"), valueType: delimited("type")}
	typeSchema       = schema{typeTensor: delimited("tensor_type")}
	tensorTypeSchema = schema{typeElem: number("elem_type"), typeShape: delimited("shape")}
	shapeSchema      = schema{shapeDim: delimited("dim")}
	dimSchema        = schema{dimValue: number("dim_value"), dimParam: delimited("dim_param")}
)
