package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/evaluate"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/plots/stats"
)

func (a *app) modelsEvaluate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evaluate MODEL|FILE --dataset NAME|DIR|FILE",
		Short: "Measure a model's accuracy over labelled images",
		Long: `Evaluate runs a model over labelled images and prints how many of its answers
were right, with Wilson intervals. MODEL is built in or stored; FILE is ONNX,
and needs --recipe, or a --manifest that describes it.

The dataset is signs, a DIR of folders with images (one a class; give --classes
where only some of a model's classes are there), or a CIFAR-10 binary FILE.`,
		Example: `    testbed models evaluate signs-resnet20 --dataset signs --images 1000
    testbed models evaluate resnet50 --dataset val --classes imagenet-classes.csv --out predictions.csv --save
    testbed models evaluate mobilenet.onnx --manifest models.json --dataset val --classes imagenet-classes.csv`,
		Args: args(cobra.ExactArgs(1)),
		RunE: a.bound(func(cmd *cobra.Command, names []string) error { return a.evaluate(cmd.Context(), names[0]) }),
	}
	f := cmd.Flags()
	f.String("dataset", "", "signs, a directory of folders, or a CIFAR-10 file")
	f.String("classes", "", "`FILE` with all classes of a directory, lines of index,wnid,name")
	f.Int("images", 0, "how many: of a directory or file a balanced choice (default all), of signs the first (default 4000)")
	f.Uint64("seed", 1, "of that choice")
	f.String("recipe", "", "how an image becomes the input, instead of what is known")
	f.String("manifest", "", "`FILE` that describes the model's file")
	f.StringP("out", "o", "", "write image,label,top1,margin to this `FILE`")
	f.Bool("save", false, "keep the measured accuracy in the store, for MODEL")
	f.Int("threads", 1, "of one inference; images are worked on side by side besides")
	f.Bool("json", false, "print as JSON")
	return cmd
}

func (a *app) evaluate(ctx context.Context, name string) error {
	m, err := a.evaluated(name)
	if err != nil {
		return badInput(err)
	}
	d, err := a.evaluatedOn()
	if err != nil {
		return badInput(err)
	}
	library, err := onnx.Find()
	if err != nil {
		return err
	}
	engine, err := onnx.Open(library)
	if err != nil {
		return err
	}
	session, err := open(engine, m, onnx.Options{Threads: max(1, a.settings.GetInt("threads"))})
	if err != nil {
		return badInput(err)
	}
	bar := a.newCounter(m.Name)
	result, err := evaluate.Run(ctx, evaluate.Options{Session: session, Recipe: m.Recipe, Dataset: d,
		Progress: func(done, total int) { bar.show(int64(done), int64(total)) }})
	bar.finish()
	if err = errors.Join(err, session.Close()); err != nil {
		if ctx.Err() != nil {
			return &exitError{exitInterrupted, errors.New("interrupted")}
		}
		return err
	}
	return a.evaluationDone(m, result)
}

// open opens a session of a model's file, or of the program's own copy.
func open(engine *onnx.Engine, m model.Model, o onnx.Options) (*onnx.Session, error) {
	if m.File != "" {
		return engine.LoadFile(m.File, m.SHA256, o)
	}
	data, err := m.ReadAll()
	if err != nil {
		return nil, err
	}
	return engine.Load(data, o)
}

// evaluated is the model of that name, or of a file with that name.
func (a *app) evaluated(name string) (m model.Model, err error) {
	if m, err = a.namedOrFile(name); err != nil {
		return m, err
	}
	if text := a.settings.GetString("recipe"); text != "" {
		if m.Recipe, err = model.ParseRecipe(text); err != nil {
			return m, fmt.Errorf("--recipe: %w", err)
		}
	}
	if m.Recipe.Size == 0 {
		return m, fmt.Errorf("%s: want --recipe, such as imagenet, or --manifest: nothing says how an image becomes its input", name)
	}
	_, err = classifier(m)
	return m, err
}

func (a *app) namedOrFile(name string) (m model.Model, err error) {
	if _, err := os.Stat(name); err == nil {
		return a.fileToEvaluate(name)
	}
	if m, err := model.Lookup(name); err == nil {
		return m, nil
	}
	s, err := openStore()
	if err != nil {
		return m, err
	}
	if m, err = s.Lookup(name); err != nil {
		return m, fmt.Errorf("%s: no such file, built-in or stored model; %s", name, howToName(name))
	}
	return m, nil
}

// fileToEvaluate is a file, as the manifest or the catalogue has it.
func (a *app) fileToEvaluate(name string) (model.Model, error) {
	known := model.Model{Name: strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".onnx")}
	if path := a.settings.GetString("manifest"); path != "" {
		all, err := model.ReadManifest(path)
		if err != nil {
			return known, err
		}
		i := slices.IndexFunc(all, func(m model.Model) bool { return m.Name == known.Name || sameFile(m.File, name) })
		if i < 0 {
			return known, fmt.Errorf("%s: no model %s in it", path, known.Name)
		}
		known = all[i]
	} else if e, ok := model.Known(known.Name); ok {
		known.Recipe = e.Default().Recipe
	}
	recipe := known.Recipe
	m, err := model.FromFile(name, known)
	m.Recipe = recipe // that of the built-in models is not meant
	return m, err
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// evaluatedOn is the dataset of the flags.
func (a *app) evaluatedOn() (dataset.Dataset, error) {
	name := a.settings.GetString("dataset")
	if name == "" {
		return nil, errors.New("want --dataset: signs, a directory of folders with images, or a CIFAR-10 file")
	}
	s, err := specOf(name, a.settings.GetString("classes"))
	if err != nil {
		return nil, err
	}
	s.Images, s.Seed = a.settings.GetInt("images"), a.settings.GetUint64("seed")
	if s.Path == "" && s.Images == 0 {
		s.Images = 4000
	}
	d, err := dataset.Open(s)
	if err == nil && !d.Labelled() {
		err = fmt.Errorf("--dataset %s: its images show nothing, so no answer is right", name)
	}
	return d, err
}

// An evaluation is what evaluate prints.
type evaluation struct {
	Model   string     `json:"model"`
	SHA256  string     `json:"sha256"`
	Dataset string     `json:"dataset"`
	Images  int        `json:"images"`
	Recipe  string     `json:"recipe"`
	Top1    float64    `json:"top1"`
	Top1At  [2]float64 `json:"top1_interval"` // Wilson, 95 %
	Top5    float64    `json:"top5"`
	Top5At  [2]float64 `json:"top5_interval"`
}

func (a *app) evaluationDone(m model.Model, r evaluate.Result) error {
	n := len(r.Rows)
	e := evaluation{Model: m.Name, SHA256: m.SHA256, Dataset: r.Dataset, Images: n, Recipe: m.Recipe.String(),
		Top1: float64(r.Top1) / float64(n), Top5: float64(r.Top5) / float64(n)}
	e.Top1At[0], e.Top1At[1] = stats.Wilson(r.Top1, n, 0.95)
	e.Top5At[0], e.Top5At[1] = stats.Wilson(r.Top5, n, 0.95)
	if out := a.settings.GetString("out"); out != "" {
		if err := a.deliverBy(out, func(w io.Writer) error { return r.WriteCSV(w) }); err != nil {
			return err
		}
	}
	if a.settings.GetBool("save") {
		if err := a.saveAccuracy(m, e); err != nil {
			return err
		}
	}
	if a.settings.GetBool("json") {
		return a.printJSON(e)
	}
	_, err := fmt.Fprintf(a.out, "%s on %d images of %s\n  top-1  %s   95 %% interval %s to %s\n  top-5  %s   95 %% interval %s to %s\n",
		e.Model, n, e.Dataset, percent(e.Top1), percent(e.Top1At[0]), percent(e.Top1At[1]), percent(e.Top5), percent(e.Top5At[0]), percent(e.Top5At[1]))
	return err
}

// saveAccuracy keeps what was measured with the model in the store.
func (a *app) saveAccuracy(m model.Model, e evaluation) error {
	s, err := openStore()
	if err != nil {
		return err
	}
	stored, err := s.Lookup(m.Name)
	if err != nil || stored.SHA256 != m.SHA256 {
		return badInput(fmt.Errorf("--save: %s is not in the store: models add it first", m.Name))
	}
	stored.Accuracy, stored.Images, stored.Dataset, stored.Source = e.Top1, e.Images, e.Dataset, ""
	stored.Recipe = m.Recipe
	return s.Update(stored)
}
