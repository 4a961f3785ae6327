package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/model"
)

func (a *app) modelsShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show NAME",
		Short:   "Show what is known of a model: cost, accuracy, recipe, files, sources",
		Example: "    testbed models show resnet50",
		Args:    args(cobra.ExactArgs(1)),
		RunE:    a.bound(func(_ *cobra.Command, names []string) error { return a.showModel(names[0]) }),
	}
	cmd.Flags().Bool("json", false, "print as JSON")
	return cmd
}

// A knowledge is what is known of a name: one model that can be run, a published
// architecture, or both.
type knowledge struct {
	Model *model.Model `json:"model,omitempty"`
	Entry *model.Entry `json:"published,omitempty"`
}

func (a *app) showModel(name string) error {
	var s knowledge
	if m, err := model.Lookup(name); err == nil {
		s.Model = &m
	} else if st, err := openStore(); err != nil {
		return err
	} else if m, err := st.Lookup(name); err == nil {
		s.Model = &m
	}
	if e, ok := model.Known(name); ok {
		s.Entry = &e
	}
	switch {
	case s.Model == nil && s.Entry == nil:
		return badInput(fmt.Errorf("no model %q: testbed models list shows them", name))
	case a.settings.GetBool("json"):
		return a.printJSON(s)
	}
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	if s.Model != nil {
		printModel(t, *s.Model)
	}
	if s.Entry != nil {
		printEntry(t, *s.Entry)
	}
	return t.Flush()
}

func printModel(t *tabwriter.Writer, m model.Model) {
	where := "built in"
	if m.File != "" {
		where = m.File
	}
	fmt.Fprintf(t, "%s\t%s\n", m.Name, where)
	fmt.Fprintf(t, "  sha256\t%s\n  size\t%s\n", m.SHA256, megabytes(m.Bytes))
	fmt.Fprintf(t, "  parameters\t%s\n  MACs\t%s\n", orDash(m.Parameters > 0, fmt.Sprint(m.Parameters)), orDash(m.MACs > 0, fmt.Sprint(m.MACs)))
	fmt.Fprintf(t, "  top-1\t%s, %s\n", orDash(m.Accuracy > 0, percent(m.Accuracy)), orBuiltin(m))
	fmt.Fprintf(t, "  recipe\t%s\n", m.Recipe)
	if n := len(m.Labels); n > 0 {
		fmt.Fprintf(t, "  classes\t%d: %s, %s, …\n", n, m.Labels[0], m.Labels[min(1, n-1)])
	}
}

func orBuiltin(m model.Model) string {
	if m.File == "" {
		return fmt.Sprintf("measured on %d %s test images", m.Images, m.Dataset)
	}
	return accuracySource(m)
}

func printEntry(t *tabwriter.Writer, e model.Entry) {
	var notes footnotes
	fmt.Fprintf(t, "%s\tpublished, family %s\n", e.Name, e.Family)
	fmt.Fprintf(t, "  input\t%d x %d\n", e.Input, e.Input)
	fmt.Fprintf(t, "  parameters\t%s %s\n", orDash(e.Parameters > 0, fmt.Sprint(e.Parameters)), notes.mark(e.Sources.Parameters))
	fmt.Fprintf(t, "  MACs\t%s %s\n", orDash(e.MACs > 0, fmt.Sprint(e.MACs)), notes.mark(e.Sources.MACs))
	fmt.Fprintf(t, "  weights\t%s %s\n", orDash(e.WeightBytes > 0, megabytes(e.WeightBytes)), notes.mark(e.Sources.WeightBytes))
	fmt.Fprintf(t, "  features\t%s %s\n", orDash(e.FeatureBytes > 0, megabytes(e.FeatureBytes)), notes.mark(e.Sources.FeatureBytes))
	for _, v := range e.Variants {
		fmt.Fprintf(t, "%s\ttop-1 %s, top-5 %s %s\n", v.Weights, orDash(v.Top1 > 0, percent(v.Top1)), orDash(v.Top5 > 0, percent(v.Top5)), notes.mark(v.Source))
		fmt.Fprintf(t, "  recipe\t%s\n", v.Recipe)
		for _, f := range v.Files {
			fmt.Fprintf(t, "  file\t%s, %s, opset %d %s\n\t%s\n", f.Kind, megabytes(f.Bytes), f.Opset, notes.mark(f.Note), f.Path)
		}
	}
	for i, text := range notes {
		fmt.Fprintf(t, "[%d] %s\n", i+1, text)
	}
}

// footnotes are sentences that many lines refer to.
type footnotes []string

// mark is the mark of a note, which is added if it is new.
func (n *footnotes) mark(text string) string {
	if text == "" {
		return ""
	}
	i := slices.Index(*n, text)
	if i < 0 {
		i = len(*n)
		*n = append(*n, text)
	}
	return fmt.Sprintf("[%d]", i+1)
}

func percent(x float64) string { return fmt.Sprintf("%.2f %%", 100*x) }
