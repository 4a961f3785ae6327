package scenarios
import ("testing";"fmt";"testing/fstest")
func TestZZ(t *testing.T){
 for _,n:=range []string{"lowbw","quick","cellular","busy"} {
  p,err:=Read(Shipped(), n+".yaml", nil)
  if err!=nil {t.Error(err); continue}
  fmt.Printf("%s %+v\n", n, p.Estimate())
  for _,c:=range p.Conditions[:min(3,len(p.Conditions))] { fmt.Println(c.ID,c.Set,c.Residency,c.Requests,c.Warmup,c.Links["edge"].Down.Rate,c.Links["edge"].Down.Queue) }
  for _,tr:=range p.Trials[:4] {fmt.Println(tr.Condition,tr.Repetition,tr.Samples[:min(4,len(tr.Samples))],tr.BaseFirst[:min(6,len(tr.BaseFirst))])}
 }
 for _,y:=range []string{
 "links: {edge: {down: {rate: 5}}}",
 "links:\n  edge:\n    down:\n      dealy: 5ms\n",
 "links:\n  edge:\n    down:\n      delay: 5ms\n      delay: 6ms\n",
 "links: &a {edge: {}}\nx: *a\n",
 "links: [1,2\n", "a: b: c\n", "- 1\n", "5\n", "", "# only\n", "seed: -1\n", "seed: 1.5\n", "seed: \"7\"\n","\tseed: 1\n",
 "seed: 1\n---\nseed: 2\n", "seed:\n", "nodes: edge", "nodes: []", "vary: [{name: a, paths: [links.edge.dwon.rate], values: [1Mbps]}]",
 "vary:\n  - name: a\n    paths: [links.edge.down.rate]\n    values: [1Mbps, 5]\n",
 "budget: 10", "selectors: [greedy]", "selectors: [greedy, advnced]", "models: [signs-resnt8]", "measure: [infr]", "links: {egde: {}}", "load: {requests: 1e3}", "? a\n: b\n", "<<: {a: 1}\n", "!!str a: 1\n","seed: !!int 5\n", "title: |\n  foo\n  bar\n", "a: 1\n b: 2\n", "\"a", "{", "seed: 0x10",
 } {
  _,err:=Read(fstest.MapFS{"s/x.yaml":{Data:[]byte(y)}},"s/x.yaml",nil)
  fmt.Printf("%q\n   %v\n",y,err)
 }
 for _,s:=range []Setting{{"links.edge.down.rate","5"},{"links.edge.down.rate",""},{"links.edge.down","{rat: 5Mbps}"},{"links.edge.down","{rate: 5}"},{"links.edgy.down.rate","5Mbps"},{"nodes.0.cpus","1"},{"seed","7"},{"sed","7"},{"seed.x","7"},{"","7"},{"vary","[]"},{"links.edge.up.rate","3Mbps"},{"load.requests","3"},{"title","[a"},{"measure","[infer]"},{"background.edge.cpu","50%"}} {
  _,err:=Read(Shipped(),"lowbw.yaml",[]Setting{s})
  fmt.Printf("%v\n   %v\n",s,err)
 }
}
