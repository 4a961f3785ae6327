package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/model"
)

func (a *app) modelsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "The models that scenarios can name: list, show, pull, add, export, evaluate",
		Long: `Models are built in, published (the catalogue knows what they cost and how
accurate they are said to be), or in the store of this user, which holds files
by their SHA-256. The store is TESTBED_MODELS, or models in the cache.`,
		RunE: func(cmd *cobra.Command, words []string) error {
			if len(words) > 0 {
				return badInput(fmt.Errorf("unknown command %q for testbed models; see testbed models --help", words[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.modelsList(), a.modelsShow(), a.modelsPull(), a.modelsAdd(), a.modelsExport(), a.modelsEvaluate(),
		a.modelsVerify(), a.modelsRemove(), a.modelsGC())
	return cmd
}

func (a *app) modelsList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models: built in, stored and published",
		Example: `    testbed models list
    testbed models list --family resnet`,
		Args: args(cobra.NoArgs),
		RunE: a.bound(func(*cobra.Command, []string) error { return a.listModels() }),
	}
	cmd.Flags().Bool("json", false, "print as JSON")
	cmd.Flags().String("family", "", "only this `FAMILY`")
	cmd.Flags().Bool("here", false, "only what can be run here now: built in and stored")
	return cmd
}

// A listed is a model in a list.
type listed struct {
	Name       string   `json:"name"`
	Family     string   `json:"family"`
	Input      int      `json:"input"` // pixels
	Parameters int64    `json:"parameters,omitempty"`
	MACs       int64    `json:"macs,omitempty"`
	Bytes      int64    `json:"bytes,omitempty"` // of the weights as float32, or of the file
	Top1       float64  `json:"top1,omitempty"`
	Source     string   `json:"source"` // of Top1
	Here       []string `json:"here"`   // how it can be had
}

func (a *app) listModels() error {
	family, here := a.settings.GetString("family"), a.settings.GetBool("here")
	all, err := rows()
	if err != nil {
		return err
	}
	chosen := []listed{}
	for _, r := range all {
		runs := r.Here[0] == "built in" || strings.HasPrefix(r.Here[0], "stored")
		if (family == "" || r.Family == family) && (!here || runs) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 && family != "" {
		return badInput(fmt.Errorf("--family %s: no such family; want signs-resnet, stored or one of %s", family, strings.Join(model.Families(), ", ")))
	}
	if a.settings.GetBool("json") {
		return a.printJSON(chosen)
	}
	return a.printRows(chosen)
}

// rows are all models there are: built in, stored, published.
func rows() (all []listed, err error) {
	for _, m := range model.Builtin() {
		all = append(all, listed{m.Name, "signs-resnet", m.Recipe.Size, m.Parameters, m.MACs, m.Bytes, m.Accuracy,
			fmt.Sprintf("measured on %d %s test images", m.Images, m.Dataset), []string{"built in"}})
	}
	s, err := openStore()
	if err != nil {
		return nil, err
	}
	stored, err := s.List()
	if err != nil {
		return nil, err
	}
	for _, m := range stored {
		all = append(all, listed{m.Name, "stored", m.Recipe.Size, m.Parameters, m.MACs, m.Bytes, m.Accuracy, accuracySource(m), []string{storedHow(m)}})
	}
	for _, e := range model.Catalogue() {
		v := e.Default()
		all = append(all, listed{e.Name, e.Family, e.Input, e.Parameters, e.MACs, e.WeightBytes, v.Top1, "published: " + v.Weights, ways(e)})
	}
	return all, nil
}

// storedHow is how a model of the store can be had: it is there.
func storedHow(m model.Model) string {
	if m.Weights == model.Seeded {
		return "stored: random weights"
	}
	return "stored"
}

// accuracySource says how the accuracy of a stored model is known.
func accuracySource(m model.Model) string {
	switch {
	case m.Images > 0:
		return fmt.Sprintf("measured on %d images of %s", m.Images, m.Dataset)
	case m.Weights == model.Seeded:
		return "not measured (seeded weights); " + m.Source
	case m.Accuracy == 0:
		return "not known"
	}
	return m.Source
}

// ways are those by which a published model can be had here.
func ways(e model.Entry) (how []string) {
	if _, _, err := e.Download(); err == nil {
		how = append(how, "pull")
	}
	if seedable(e) {
		how = append(how, "seeded")
	}
	if len(how) == 0 {
		how = append(how, "add")
	}
	return how
}

func (a *app) printRows(rows []listed) error {
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "model\tfamily\tinput\tsize\tMMACs\ttop-1\thow")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", r.Name, r.Family, r.Input, orDash(r.Bytes > 0, megabytes(r.Bytes)),
			orDash(r.MACs > 0, fmt.Sprintf("%.1f", float64(r.MACs)/1e6)), orDash(r.Top1 > 0, fmt.Sprintf("%.2f %%", 100*r.Top1)), strings.Join(r.Here, ", "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	a.say("\nhow: built in or stored, ready to run; pull, testbed models pull NAME; seeded, the exact network with random weights,\nfor latency; add, with a file of yours. Accuracies: testbed models show NAME says on what.")
	return nil
}

func orDash(known bool, text string) string {
	if !known {
		return "-"
	}
	return text
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
