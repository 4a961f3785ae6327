package oip

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// outputs makes the tensors that are asked for from the logits of n images.
func outputs(m Metadata, wanted []Output, logits []float32, n int) ([]Tensor, error) {
	if len(logits) == 0 || n < 1 || len(logits)%n != 0 {
		return nil, fmt.Errorf("%d logits for %d images", len(logits), n)
	}
	rows := slices.Collect(slices.Chunk(logits, len(logits)/n))
	var all []Tensor
	for _, o := range wanted {
		switch {
		case o.Name == LabelOutput:
			all = append(all, labels(m, rows))
		case o.Classes > 0:
			all = append(all, classes(m, rows, min(o.Classes, len(rows[0]))))
		default:
			all = append(all, FloatTensor(LogitsOutput, []int64{int64(n), int64(len(rows[0]))}, logits))
		}
	}
	return all, nil
}

// labels are the best classes of the rows.
func labels(m Metadata, rows [][]float32) Tensor {
	var all [][]byte
	for _, row := range rows {
		all = append(all, []byte(m.label(best(row))))
	}
	return BytesTensors(LabelOutput, []int64{int64(len(rows))}, all...)
}

// classes are the k best of each row as "logit:class:label", or without the
// label where that is not known: the classification extension.
func classes(m Metadata, rows [][]float32, k int) Tensor {
	var all [][]byte
	for _, row := range rows {
		for _, class := range ranked(row)[:k] {
			text := strconv.AppendFloat(nil, float64(row[class]), 'f', -1, 32)
			text = strconv.AppendInt(append(text, ':'), int64(class), 10)
			if class < len(m.Labels) {
				text = append(append(text, ':'), m.Labels[class]...)
			}
			all = append(all, text)
		}
	}
	return BytesTensors(LogitsOutput, []int64{int64(len(rows)), int64(k)}, all...)
}

// best is the class of the largest logit, the first of equals.
func best(row []float32) int {
	best := 0
	for i, x := range row {
		if x > row[best] || x == x && row[best] != row[best] {
			best = i
		}
	}
	return best
}

// ranked are the classes, the best first, of equals the first, and what is not
// a number last.
func ranked(row []float32) []int {
	all := make([]int, len(row))
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
	return all
}

// label is the name of a class; its number where names are not known.
func (m Metadata) label(class int) string {
	if class < len(m.Labels) {
		return m.Labels[class]
	}
	return strconv.Itoa(class)
}
