package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/testbed/testbed/inference/dataset"
)

func (a *app) datasetsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "datasets",
		Short: "The labelled images that scenarios can name: list, sample",
		RunE: func(cmd *cobra.Command, words []string) error {
			if len(words) > 0 {
				return badInput(fmt.Errorf("unknown command %q for testbed datasets; there are list and sample", words[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.datasetsList(), a.datasetsSample())
	return cmd
}

func (a *app) datasetsList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the kinds of datasets",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(t, "signs\tbuilt in\t40 kinds of traffic signs, 32 x 32 PNG, for the built-in models")
			fmt.Fprintln(t, "synthetic\tbuilt in\tphoto-like 500 x 375 JPEG of 1000 classes that show nothing: for latency")
			fmt.Fprintln(t, "folder\tpath: DIR\ta folder of JPEG or PNG a class, as ImageNet's validation set by class; classes: FILE")
			fmt.Fprintln(t, "cifar10\tpath: FILE\tCIFAR-10's binary form, such as test_batch.bin")
			return t.Flush()
		},
	}
}

func (a *app) datasetsSample() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "sample signs|synthetic|DIR|FILE [INDEX]",
		Short:   "Write one image of a dataset to a file, and print its label",
		Example: "    testbed datasets sample signs 7 -o sign.png",
		Args:    args(cobra.RangeArgs(1, 2)),
		RunE:    a.bound(func(_ *cobra.Command, words []string) error { return a.sample(words) }),
	}
	cmd.Flags().StringP("out", "o", "-", "`FILE` to write the image to")
	cmd.Flags().String("classes", "", "`FILE` with all classes of a directory")
	return cmd
}

func (a *app) sample(words []string) error {
	index := 0
	if len(words) == 2 {
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 0 || n >= 1_000_000 {
			return badInput(fmt.Errorf("index %q: want a whole number from 0", words[1]))
		}
		index = n
	}
	s, err := specOf(words[0], a.settings.GetString("classes"))
	if err != nil {
		return badInput(err)
	}
	if s.Path == "" {
		s.Images = index + 1
	}
	d, err := dataset.Open(s)
	if err != nil {
		return badInput(err)
	}
	if index >= d.Len() {
		return badInput(fmt.Errorf("index %d: %s has %d images", index, words[0], d.Len()))
	}
	image, err := d.Sample(index)
	if err != nil {
		return err
	}
	if f, ok := a.out.(*os.File); ok && a.settings.GetString("out") == "-" && term.IsTerminal(int(f.Fd())) {
		return badInput(errors.New("an image is not for a terminal: give --out FILE"))
	}
	if err := a.deliver(image.Image); err != nil {
		return err
	}
	a.say("%s: label %d, %s", image.ID, image.Label, d.Classes()[image.Label])
	return nil
}

// specOf is the dataset that an argument names: a built-in one, a directory of
// folders, or a CIFAR-10 file.
func specOf(name, classes string) (dataset.Spec, error) {
	s := dataset.Spec{Name: name, Classes: classes, Seed: 1}
	if name == "signs" || name == "synthetic" {
		return s, nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return s, fmt.Errorf("dataset %s: want signs, synthetic, a directory of folders with images, or a CIFAR-10 file: %w", name, errors.Unwrap(err))
	case info.IsDir():
		s.Name, s.Path = "folder", name
	default:
		s.Name, s.Path = "cifar10", name
	}
	return s, nil
}
