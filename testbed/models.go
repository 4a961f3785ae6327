package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/scenarios"
)

func (a *app) modelsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "models", Short: "The models that scenarios can name", RunE: func(cmd *cobra.Command, words []string) error {
		if len(words) > 0 {
			return badInput(fmt.Errorf("unknown command %q for testbed models; there is list", words[0]))
		}
		return cmd.Help()
	}}
	list := &cobra.Command{
		Use:   "list",
		Short: "List the built-in models, cheapest first",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.bind(cmd); err != nil {
				return err
			}
			return a.listModels(cmd)
		},
	}
	list.Flags().Bool("json", false, "print as JSON")
	list.Flags().String("family", "", "only names that begin with `PREFIX`")
	cmd.AddCommand(list)
	return cmd
}

func (a *app) listModels(cmd *cobra.Command) error {
	family := a.settings.GetString("family")
	chosen := []model.Model{}
	for _, m := range model.Builtin() {
		if strings.HasPrefix(m.Name, family) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return badInput(fmt.Errorf("--family %s: no model has a name that begins so", family))
	}
	if a.settings.GetBool("json") {
		return a.printJSON(chosen)
	}
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "model\tsize\tparameters\tMMACs\taccuracy\tmeasured on\t")
	for _, m := range chosen {
		fmt.Fprintf(t, "%s\t%v\t%d\t%.1f\t%.2f %%\t%d %s test images\t\n", m.Name, megabytes(m.Bytes), m.Parameters, float64(m.MACs)/1e6, 100*m.Accuracy, m.Images, m.Dataset)
	}
	return t.Flush()
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }

// resolveModel finds one model of a scenario.
func resolveModel(m scenarios.Model) (model.Model, error) {
	if m.File == "" {
		return model.Lookup(m.Name)
	}
	found, err := model.FromFile(m.File, model.Model{Name: m.Name, SHA256: m.SHA256, Accuracy: m.Accuracy, Recipe: m.Recipe})
	if err != nil {
		return model.Model{}, err
	}
	data, err := found.ReadAll()
	if err != nil {
		return model.Model{}, err
	}
	if err := onnx.Inspect(data); err != nil {
		return model.Model{}, fmt.Errorf("model %s: %s: %w", m.Name, m.File, err)
	}
	return found, nil
}

// rateOf is the bottleneck of a link, for people.
func rateOf(l emulator.Link) string {
	switch {
	case l.Trace != nil || l.Rates != nil:
		return fmt.Sprintf("varies, mean %v", (l.MeanRate()+50*unit.Kbps)/(100*unit.Kbps)*(100*unit.Kbps))
	case l.Rate == 0:
		return "no limit"
	}
	return l.Rate.String()
}
