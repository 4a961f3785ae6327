package model_test

import (
	"math"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/model"
)

func TestParseRecipe(t *testing.T) {
	mean, std := [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}
	tests := map[string]model.Recipe{
		"imagenet":         {Resize: 256, Size: 224, Scale: 255, Mean: mean, Std: std},
		"imagenet-v2":      {Resize: 232, Size: 224, Scale: 255, Mean: mean, Std: std},
		"imagenet-bicubic": {Resize: 256, Size: 224, Scale: 255, Mean: mean, Std: std, Interpolation: model.Bicubic},
		"imagenet,resize=288,crop=288,interpolation=bicubic": {Resize: 288, Size: 288, Scale: 255, Mean: mean, Std: std, Interpolation: model.Bicubic},
		"imagenet-bicubic, interpolation=bilinear":           {Resize: 256, Size: 224, Scale: 255, Mean: mean, Std: std},
		"crop=32": {Resize: 32, Size: 32, Scale: 255, Std: [3]float32{1, 1, 1}},
		"resize=256,crop=224,interpolation=bilinear,mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255": {Resize: 256, Size: 224, Scale: 255, Mean: mean, Std: std},
		"crop=32,mean=0.5,std=0.25,scale=1": {Resize: 32, Size: 32, Scale: 1, Mean: [3]float32{0.5, 0.5, 0.5}, Std: [3]float32{0.25, 0.25, 0.25}},
	}
	for text, want := range tests {
		got, err := model.ParseRecipe(text)
		if err != nil || got != want {
			t.Errorf("ParseRecipe(%q) = %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := model.ParseRecipe(got.String()); err != nil || again != got {
			t.Errorf("ParseRecipe(%q) = %+v, %v", got.String(), again, err)
		}
	}
	if got, want := model.Builtin()[0].Recipe.String(), "resize=32,crop=32,interpolation=bilinear,mean=0.45/0.45/0.45,std=0.28/0.28/0.28,scale=255"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
	if signs, err := model.ParseRecipe("signs"); err != nil || signs.String() != model.Builtin()[0].Recipe.String() {
		t.Errorf("signs: %v, %v", signs, err)
	}
}

func TestParseRecipeErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "want imagenet, ",
		"imagnet":                   `"imagnet": want imagenet, imagenet-v2`,
		"crop=224,imagenet":         `"imagenet": want`,
		"resize=256":                "crop is 0: want 1 to 8192 pixels",
		"crop=0":                    "crop=0: want 1 to 8192 pixels",
		"crop=1e3":                  "crop=1e3",
		"crop=9000":                 "crop=9000",
		"crop=224,crop=225":         "crop is given twice",
		"crop=224,resize=200":       "resize is 200: want 224, the crop, to 8192",
		"crop=224,mean=0.5/0.5":     "mean=0.5/0.5: want one number, or three",
		"crop=224,mean=a":           "mean=a: want a number",
		"crop=224,mean=NaN":         "mean=NaN",
		"crop=224,std=0":            "std of channel 0 is 0: want a number above 0",
		"crop=224,std=1/1/-1":       "std of channel 2 is -1",
		"crop=224,scale=-255":       "scale is -255",
		"crop=224,scale=Inf":        "scale=Inf",
		"crop=224,interpolation=x":  "want bilinear or bicubic",
		"crop=224,interpolation=":   "want bilinear or bicubic",
		"crop=224,colours=grey":     "want resize, crop, interpolation, mean, std or scale",
		"crop=224,":                 `""`,
		"imagenet,crop=300":         "resize is 256: want 300",
		"crop=224,std=1e-60":        "std of channel 0 is 0",
		"crop=224,mean=1e60":        "mean=1e60",
		"crop=99999999999999999999": "crop=9999",
	} {
		_, err := model.ParseRecipe(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "recipe ") {
			t.Errorf("ParseRecipe(%q): %v; want %q", text, err, want)
		}
	}
}

func TestRecipeCheck(t *testing.T) {
	good, err := model.ParseRecipe("imagenet")
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	for _, change := range []func(*model.Recipe){
		func(r *model.Recipe) { r.Size = 0 },
		func(r *model.Recipe) { r.Size = 8193; r.Resize = 8193 },
		func(r *model.Recipe) { r.Resize = 223 },
		func(r *model.Recipe) { r.Resize = 8193 },
		func(r *model.Recipe) { r.Interpolation = "bilinear" }, // that is "" here
		func(r *model.Recipe) { r.Scale = -1 },
		func(r *model.Recipe) { r.Mean[2] = nan },
		func(r *model.Recipe) { r.Std[0] = 0 },
		func(r *model.Recipe) { r.Std[1] = nan },
		func(r *model.Recipe) { r.Std[2] = float32(math.Inf(1)) },
	} {
		r := good
		change(&r)
		if err := r.Check(); err == nil {
			t.Errorf("%+v: no error", r)
		}
	}
	good.Resize, good.Scale = 0, 0
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"a", "resnet50", "mobilenet_v1_0.25_128", "A+b-c.d", "9", strings.Repeat("x", 128)} {
		if err := model.CheckName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", ".", "..", ".a", "-a", "_a", "a/b", `a\b`, "a b", "a\nb", "a:b", "ä", "a\x00", "a%2fb", strings.Repeat("x", 129)} {
		if err := model.CheckName(name); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}
