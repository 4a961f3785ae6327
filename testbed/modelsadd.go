package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/store"
)

func (a *app) modelsAdd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add FILE... | add DIR | add --manifest FILE",
		Short: "Put ONNX files of yours into the store",
		Long: `Add copies ONNX files into the store, after a look at what they take and give:
one input of float32 [N, 3, S, S], one output of logits or probabilities. What
cannot be run is refused, with the reason. An archive (tar, tar.gz, zip) with one
such file in it will do.

A recipe is a name (imagenet, imagenet-v2, imagenet-bicubic, inception, cifar10)
or settings: resize=256,crop=224,interpolation=bicubic,mean=0.485/0.456/0.406,
std=0.229/0.224/0.225,scale=255. For a published name it is known.

A manifest (models.json) says all this for many files; a DIR that has one is
added by it.`,
		Example: `    testbed models add resnet50.onnx --accuracy 76.13% --recipe imagenet
    testbed models add --manifest models.json`,
		Args: args(cobra.ArbitraryArgs),
		RunE: a.bound(func(cmd *cobra.Command, files []string) error { return a.add(cmd.Context(), files) }),
	}
	f := cmd.Flags()
	f.String("name", "", "call it so; for one file (default: the file's name without .onnx or .tar.gz)")
	f.String("accuracy", "", "top-1 as it is known, such as 76.13%; else models evaluate --save measures it")
	f.String("source", "", "where the accuracy is from, in words")
	f.String("recipe", "", "how an image becomes the input")
	f.String("manifest", "", "`FILE` that describes the models, with their files")
	f.Bool("force", false, "replace what the store knows of a model")
	f.String("labels", "", "`FILE` with the names of the classes, a line each or index,wnid,name")
	return cmd
}

func (a *app) add(ctx context.Context, files []string) error {
	models, err := a.toAdd(files)
	if err != nil {
		return badInput(err)
	}
	s, err := openStore()
	if err != nil {
		return err
	}
	refused := 0
	for _, m := range models {
		added, err := a.addTo(ctx, s, m)
		if ctx.Err() != nil {
			return interruptible(ctx.Err())
		}
		if err != nil {
			fmt.Fprintf(a.diag, "testbed: %v\n", err)
			refused++
			continue
		}
		fmt.Fprintf(a.out, "%s: %s, %s, %s\n", added.Name, megabytes(added.Bytes), added.SHA256[:12], accuracySource(added))
	}
	if refused > 0 {
		return &exitError{exitInput, nil}
	}
	return nil
}

func (a *app) addTo(ctx context.Context, s *store.Store, m model.Model) (model.Model, error) {
	if !a.settings.GetBool("force") {
		if err := unchanged(s, m); err != nil {
			return m, err
		}
	}
	return s.Add(ctx, m.File, m)
}

// unchanged refuses to replace an accuracy that the store has by another.
func unchanged(s *store.Store, m model.Model) error {
	old, err := s.Lookup(m.Name)
	if err != nil || old.Accuracy == 0 || old.Accuracy == m.Accuracy {
		return nil
	}
	return fmt.Errorf("%s is in the store with a top-1 of %s (%s): --force replaces what is known of it", m.Name, percent(old.Accuracy), accuracySource(old))
}

// toAdd are the models that arguments and flags describe.
func (a *app) toAdd(files []string) (all []model.Model, err error) {
	labels, err := a.labels()
	if err != nil {
		return nil, err
	}
	manifest := a.settings.GetString("manifest")
	if manifest == "" && len(files) == 1 {
		if info, err := os.Stat(files[0]); err == nil && info.IsDir() {
			if manifest, files, err = inside(files[0]); err != nil {
				return nil, err
			}
		}
	} else if manifest != "" && len(files) > 0 {
		return nil, errors.New("--manifest names the files; give no FILE")
	}
	if manifest != "" {
		if all, err = model.ReadManifest(manifest); err != nil {
			return nil, err
		}
	} else if len(files) == 0 {
		return nil, errors.New("add what? Give ONNX files, a directory, or --manifest FILE")
	}
	if a.settings.GetString("name") != "" && len(files) != 1 {
		return nil, errors.New("--name is for one file")
	}
	for _, f := range files {
		m, err := a.described(f)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	for i := range all {
		if labels != nil {
			all[i].Labels = labels
		}
	}
	return all, nil
}

// inside is the manifest of a directory, or its ONNX files if it has none.
func inside(dir string) (manifest string, files []string, err error) {
	manifest = filepath.Join(dir, "models.json")
	if _, err := os.Stat(manifest); err == nil {
		return manifest, nil, nil
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(name, ".onnx") {
			files = append(files, name)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no .onnx file and no models.json in it", dir)
	}
	return "", files, err
}

// nameOf is what a model is called by its file.
func nameOf(file string) string {
	base := filepath.Base(file)
	for _, kind := range []string{".onnx", ".tar.gz", ".tgz", ".tar", ".zip"} {
		if name, ok := strings.CutSuffix(base, kind); ok {
			return name
		}
	}
	return base
}

// described is a file with what the flags, or the catalogue by its name, say.
func (a *app) described(file string) (model.Model, error) {
	m := model.Model{File: file, Name: a.settings.GetString("name"), Dataset: "imagenet"}
	if m.Name == "" {
		m.Name = nameOf(file)
	}
	e, known := model.Known(m.Name)
	if known {
		m.Parameters, m.MACs, m.Recipe = e.Parameters, e.MACs, e.Default().Recipe
	}
	var err error
	if text := a.settings.GetString("recipe"); text != "" {
		if m.Recipe, err = model.ParseRecipe(text); err != nil {
			return m, fmt.Errorf("--recipe: %w", err)
		}
	} else if !known {
		return m, fmt.Errorf("%s: --recipe is missing: %s is no published model, so want how an image becomes its input, such as --recipe imagenet", file, m.Name)
	}
	if text := a.settings.GetString("accuracy"); text != "" {
		if m.Accuracy, err = unit.ParseShare(text); err != nil {
			return m, fmt.Errorf("--accuracy: %w", err)
		}
		m.Source = "declared"
		if s := a.settings.GetString("source"); s != "" {
			m.Source += ": " + s
		}
	}
	return m, nil
}
