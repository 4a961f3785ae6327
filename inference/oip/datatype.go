package oip

// The datatypes of the protocol.
const (
	BOOL   = "BOOL"
	UINT8  = "UINT8"
	UINT16 = "UINT16"
	UINT32 = "UINT32"
	UINT64 = "UINT64"
	INT8   = "INT8"
	INT16  = "INT16"
	INT32  = "INT32"
	INT64  = "INT64"
	FP16   = "FP16" // in binary form only, like BF16
	BF16   = "BF16"
	FP32   = "FP32"
	FP64   = "FP64"
	BYTES  = "BYTES" // of any length
)

// variable is the width of BYTES.
const variable = 0

// width is how many bytes an element of a datatype has, variable for BYTES;
// known is false of what is no datatype.
func width(datatype string) (bytes int64, known bool) {
	switch datatype {
	case BOOL, UINT8, INT8:
		return 1, true
	case UINT16, INT16, FP16, BF16:
		return 2, true
	case UINT32, INT32, FP32:
		return 4, true
	case UINT64, INT64, FP64:
		return 8, true
	case BYTES:
		return variable, true
	}
	return 0, false
}
