// Package external lets a program of anybody's, in any language, choose: it is
// started and spoken to by lines, or asked by HTTP, and stands behind a
// selector.Selector.
//
// # Messages
//
// Each message is a JSON object, in UTF-8: of a program (Exec) one line of its
// standard input, and its answer one line of its standard output; of a server
// (URL) the body of a POST, and its answer the body of the response, which has
// status 200. Schema describes all of them. There are four:
//
//	start   once, before anything else, and again after a restart
//	trial   a new trial begins: the options, and what is known of them. What
//	        was learnt in earlier trials must not count in this one.
//	select  a request has arrived: which option?
//	learn   how that request went
//
// Each but learn is answered with its id, and that is all that start and trial
// want: {"id":1}. The answer to select has
//
//	choice      index of an option in the trial's options, or its label
//	reason      one sentence for the record; may be left out
//	candidates  what was predicted, for some options or all, the chosen one
//	            among them; may be left out
//
// or instead of a choice an error, which is a sentence. Of a server the id may
// be left out. Keys that are not known are passed over, on both sides. Times
// are nanoseconds, rates bits per second, sizes bytes, shares 0 to 1.
//
// # When it goes wrong
//
// A decision that does not come in time, or is nonsense, or comes with
// something that was not asked for, has failed: selector.Decision.Failed says
// how in one line and the fallback chooses. An answer that comes later is known
// by its id, and dropped. A program that has ended, or does not read what it is
// told, is killed and started again after the request, at most once in a trial,
// and when the next trial begins; a server that cannot be reached, or has
// another status than 200, is told start and trial again at the same times. No
// call takes longer than its time limit and a second. A selector of this package
// so does I/O, and blocks for that long, as others do not.
//
// # A program's surroundings
//
// It is started in Dir, with the environment of this program but for variables
// that begin with TESTBED_ (which may hold tokens), and with PYTHONUNBUFFERED=1.
// It has the three standard files and inherits no other. What it writes to
// standard error is passed on, each line with its name. It ends when its input
// does; if it does not, or if this program ends in any way (on Linux), it is
// killed, with the processes of its group.
package external
