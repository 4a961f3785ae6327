package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/model/store"
)

// inStore makes a command of what is done in the store.
func (a *app) inStore(do func(ctx context.Context, s *store.Store, words []string) error) func(*cobra.Command, []string) error {
	return a.bound(func(cmd *cobra.Command, words []string) error {
		s, err := openStore()
		if err != nil {
			return err
		}
		return do(cmd.Context(), s, words)
	})
}

func (a *app) modelsVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Hash every file of the store and say which are not what they should be",
		Args:  args(cobra.NoArgs),
		RunE:  a.inStore(a.verifyModels),
	}
}

func (a *app) verifyModels(ctx context.Context, s *store.Store, _ []string) error {
	bar := a.newMeter("verify")
	problems, err := s.Verify(ctx, bar.show)
	bar.finish()
	if err != nil {
		return interruptible(err)
	}
	for _, p := range problems {
		fmt.Fprintf(a.out, "%s: %s: %v\n", p.Model, p.File, p.Err)
	}
	if len(problems) > 0 {
		return &exitError{exitFailed, fmt.Errorf("%s in %s not what it should be: pull or add it again", plural(len(problems), "file"), s.Dir())}
	}
	_, err = fmt.Fprintf(a.out, "%s: ok\n", s.Dir())
	return err
}

func (a *app) modelsRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME...",
		Short: "Forget models of the store; gc then frees their files",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: a.inStore(func(_ context.Context, s *store.Store, names []string) error {
			for _, name := range names {
				if err := s.Remove(name); err != nil {
					return badInput(err)
				}
			}
			return nil
		}),
	}
}

func (a *app) modelsGC() *cobra.Command {
	return &cobra.Command{
		Use:   "gc",
		Short: "Free what no model of the store uses: old files, downloads that were given up",
		Args:  args(cobra.NoArgs),
		RunE: a.inStore(func(_ context.Context, s *store.Store, _ []string) error {
			freed, n, err := s.GC()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s: %s removed, %s\n", s.Dir(), plural(n, "file"), megabytes(freed))
			return err
		}),
	}
}
