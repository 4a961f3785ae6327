package jpeg

import (
	"bytes"
	"encoding/binary"
)

const tagOrientation = 0x0112

// orientation reads the orientation out of an EXIF segment: an entry of the
// first directory of the TIFF file in it. It is 0 where there is none, or none
// that makes sense: a picture with a broken EXIF segment is a picture still.
func orientation(segment []byte) int {
	tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 0
	}
	entries := int(order.Uint16(tiff[at:]))
	for b := tiff[at+2:]; entries > 0 && len(b) >= 12; entries, b = entries-1, b[12:] {
		const short = 3 // a type: 16 bits
		if order.Uint16(b) != tagOrientation || order.Uint16(b[2:]) != short {
			continue
		}
		if o := int(order.Uint16(b[8:])); 1 <= o && o <= 8 {
			return o
		}
		return 0
	}
	return 0
}
