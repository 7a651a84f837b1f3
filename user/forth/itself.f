\ A program that writes over its own code. The lecture asks what a sealed process has to fear of it.
: answer 41 ;                      \ two cells: an instruction, and the number that it pushes
." before: " answer . cr
42 ' answer 1 + !
." after: " answer . cr

: one ." one " ;
: two ." two " ;
: again one one cr ;
again
' two ' again 1 + !                \ the first call in it goes elsewhere now
again
