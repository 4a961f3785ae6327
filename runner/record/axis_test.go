package record

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAxisColumns(t *testing.T) {
	axes := []Axis{{Name: "rate"}, {Name: "Model"}, {Name: "axis_model"}, {Name: "rate"}}
	got := AxisColumns(axes, []string{"condition", "model"})
	if diff := cmp.Diff([]string{"rate", "axis_Model", "axis_axis_model", "axis_rate"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
