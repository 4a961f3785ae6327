package model

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// imagenet is what torchvision's classifiers are given, V1 weights.
var imagenet = Recipe{
	Resize: 256, Size: 224,
	Mean: [3]float32{0.485, 0.456, 0.406},
	Std:  [3]float32{0.229, 0.224, 0.225},
}

// recipes have names that ParseRecipe takes, in the order in which its errors
// list them.
var recipes = []struct {
	name string
	Recipe
}{
	{"imagenet", imagenet},
	{"imagenet-v2", imagenet.with(func(r *Recipe) { r.Resize = 232 })},
	{"imagenet-bicubic", imagenet.with(func(r *Recipe) { r.Interpolation = Bicubic })},
	{"imagenet-299", imagenet.with(func(r *Recipe) { r.Resize, r.Size = 342, 299 })},
	{"inception", imagenet.with(func(r *Recipe) { r.Mean, r.Std = [3]float32{0.5, 0.5, 0.5}, [3]float32{0.5, 0.5, 0.5} })},
	{"cifar10", imagenet.with(func(r *Recipe) { r.Resize, r.Size = 32, 32 })},
	{"signs", builtinRecipe},
}

// builtinRecipe is that of the built-in models.
var builtinRecipe = Recipe{Size: 32, Mean: [3]float32{0.45, 0.45, 0.45}, Std: [3]float32{0.28, 0.28, 0.28}}

func (r Recipe) with(change func(*Recipe)) Recipe {
	change(&r)
	return r
}

// ParseRecipe reads a recipe: a name (imagenet, imagenet-v2, imagenet-bicubic,
// imagenet-299, inception, cifar10, signs), or settings parted by commas, or a
// name and then the settings that differ from it:
//
//	imagenet-v2
//	imagenet,resize=288,crop=288,interpolation=bicubic
//	resize=256,crop=224,interpolation=bilinear,mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255
//
// Without a name, crop is needed, and what is left out is: resize, that of
// crop; interpolation, bilinear; mean, 0; std, 1; scale, 255. One number for
// mean or std is for all three channels. ParseRecipe(r.String()) is r where its
// Resize and Scale are not 0.
func ParseRecipe(text string) (Recipe, error) {
	r := Recipe{Std: [3]float32{1, 1, 1}}
	var given []string
	for i, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		key, value, setting := strings.Cut(part, "=")
		if !setting {
			named, ok := namedRecipe(part)
			if !ok || i > 0 {
				return Recipe{}, fmt.Errorf("recipe %q: %q: want %s, or settings as crop=224", text, part, recipeNames())
			}
			r = named
			continue
		}
		if slices.Contains(given, key) {
			return Recipe{}, fmt.Errorf("recipe %q: %s is given twice", text, key)
		}
		given = append(given, key)
		if err := r.set(key, value); err != nil {
			return Recipe{}, fmt.Errorf("recipe %q: %w", text, err)
		}
	}
	if r.Resize == 0 {
		r.Resize = r.Size
	}
	if r.Scale == 0 {
		r.Scale = 255
	}
	if err := r.Check(); err != nil {
		return Recipe{}, fmt.Errorf("recipe %q: %w", text, err)
	}
	return r, nil
}

func namedRecipe(name string) (Recipe, bool) {
	for _, n := range recipes {
		if n.name == name {
			return n.Recipe, true
		}
	}
	return Recipe{}, false
}

func recipeNames() string {
	names := make([]string, len(recipes))
	for i, n := range recipes {
		names[i] = n.name
	}
	return strings.Join(names, ", ")
}

func (r *Recipe) set(key, value string) (err error) {
	switch key {
	case "resize":
		r.Resize, err = pixels(key, value)
	case "crop":
		r.Size, err = pixels(key, value)
	case "interpolation":
		switch value {
		case "bilinear":
			r.Interpolation = Bilinear
		case "bicubic":
			r.Interpolation = Bicubic
		default:
			err = fmt.Errorf("interpolation=%s: want bilinear or bicubic", value)
		}
	case "mean":
		r.Mean, err = channels(key, value)
	case "std":
		r.Std, err = channels(key, value)
	case "scale":
		r.Scale, err = number(key, value)
	default:
		err = fmt.Errorf("%s=%s: want resize, crop, interpolation, mean, std or scale", key, value)
	}
	return err
}

func pixels(key, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxSide {
		return 0, fmt.Errorf("%s=%s: want 1 to %d pixels", key, value, maxSide)
	}
	return n, nil
}

func number(key, value string) (float32, error) {
	x, err := strconv.ParseFloat(value, 32)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%s=%s: want a number", key, value)
	}
	return float32(x), nil
}

func channels(key, value string) (c [3]float32, err error) {
	parts := strings.Split(value, "/")
	if len(parts) == 1 {
		parts = []string{value, value, value}
	}
	if len(parts) != 3 {
		return c, fmt.Errorf("%s=%s: want one number, or three as 0.485/0.456/0.406", key, value)
	}
	for i, part := range parts {
		if c[i], err = number(key, part); err != nil {
			return c, err
		}
	}
	return c, nil
}
