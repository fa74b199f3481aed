(** * Moves at random: who moves is drawn, or what is answered is disturbed

    States that are equally likely are the columns of a matrix. Second moments are moved by what moves deviations, from
    both sides. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits convergence dynamics statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** The mean *)
Theorem random_order_mean : random_order_mean_statement.
Proof. by written_out=> *; mxring. Qed.
Theorem random_order_rest : random_order_rest_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U p u w _ _ _ _ _ m rest unit.
apply: (can_inj (mulKmx unit)); rewrite mulKVmx //; apply/eqP; rewrite -subr_eq0 -(subrr m).
by rewrite [X in _ == _ - X]rest; apply/eqP; mxring.
Qed.

(** ** Second moments of columns *)
Section Columns.
Variables (R : realFieldType) (d k : nat).
Local Notation ones := (const_mx 1 : 'cV[R]_k).
Lemma ones_count : ones^T *m ones = k%:R%:M.
Proof.
apply/matrixP => i j; rewrite !mxE (eq_bigr (fun=> 1)) => [|l _]; last by rewrite !mxE mulr1.
by rewrite sumr_const card_ord [i]ord1 [j]ord1 eqxx mulr1n.
Qed.
(** A constant shift adds its own square to what deviates without a mean. *)
Lemma shifted_square (G : 'M[R]_(d, k)) (g : 'cV_d) c : G *m ones = 0 ->
  (G + c *: (g *m ones^T)) *m (G + c *: (g *m ones^T))^T = G *m G^T + (c * c * k%:R) *: (g *m g^T).
Proof.
move=> flat; have flat_tr : ones^T *m G^T = 0 by rewrite -trmx_mul flat trmx0.
rewrite tr_add tr_scale trmx_mul trmxK mulmxDl !mulmxDr !scale_l !scale_r.
rewrite [G *m (ones *m _)]mulmxA flat mul0mx scaler0 addr0 -[g *m _ *m G^T]mulmxA flat_tr mulmx0 scaler0 add0r.
congr (_ + _); rewrite !scalerA -[X in _ *: X = _](mulmxA g) [_^T *m (_ *m g^T)]mulmxA ones_count scalar_l scale_r.
by rewrite scalerA.
Qed.
Lemma three_squares m (X Y Z : 'M[R]_(m, k)) : X *m Y^T = 0 -> X *m Z^T = 0 -> Y *m Z^T = 0 ->
  (X + Y + Z) *m (X + Y + Z)^T = X *m X^T + Y *m Y^T + Z *m Z^T.
Proof.
move=> xy xz yz; have yx : Y *m X^T = 0 by rewrite -[Y]trmxK -trmx_mul xy trmx0.
have zx : Z *m X^T = 0 by rewrite -[Z]trmxK -trmx_mul xz trmx0.
have zy : Z *m Y^T = 0 by rewrite -[Z]trmxK -trmx_mul yz trmx0.
by rewrite !tr_add !mulmxDl !mulmxDr xy xz yz yx zx zy !(addr0, add0r).
Qed.
End Columns.
Theorem random_order_covariance : random_order_covariance_statement.
Proof.
move=> R d k D S_W S_U eta_W eta_U p u w_t w _ k0 symW _ symU _ P A Q B X_U X_W m_U m_W m C_next C_now flat.
set o := (const_mx 1 : 'cV[R]_k) in flat *; have r_o : (const_mx 1 : 'M[R]_(1, k)) = o^T by rewrite trmx_const.
have k_unit : k%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have symA : A^T = A by rewrite /A /P !transposed symW.
have symB : B^T = B by rewrite /B /Q !transposed symU.
have of_W : X_W - m *m o^T = A *m D + (1 - p) *: ((m_W - m_U) *m o^T).
  by rewrite /X_W /m /m_W /m_U /A /P r_o; mxring.
have of_U : X_U - m *m o^T = B *m D + (- p) *: ((m_W - m_U) *m o^T).
  by rewrite /X_U /m /m_W /m_U /B /Q r_o; mxring.
have flatA : A *m D *m o = 0 by rewrite -mulmxA flat mulmx0.
have flatB : B *m D *m o = 0 by rewrite -mulmxA flat mulmx0.
clearbody X_W X_U m_W m_U m.
have tr_W : X_W^T - o *m m^T = (X_W - m *m o^T)^T by rewrite tr_add tr_opp trmx_mul trmxK.
have tr_U : X_U^T - o *m m^T = (X_U - m *m o^T)^T by rewrite tr_add tr_opp trmx_mul trmxK.
rewrite /C_next r_o tr_W tr_U of_W of_U !shifted_square // /C_now !trmx_mul symA symB.
rewrite -tr_opp -tr_add; move: (m_W - m_U) => g; clearbody A B.
rewrite !scalerDr !scalerA !scale_r !scale_l !scalerA !mulmxA.
have -> : p / k%:R * ((1 - p) * (1 - p) * k%:R) = p * (1 - p) * (1 - p) by field.
have -> : (1 - p) / k%:R * (- p * - p * k%:R) = (1 - p) * p * p by field.
apply/matrixP => i j; rewrite ?(addE, oppE, scaleE); name_entries_up_to_conversion; by field.
Qed.

(** ** What a form takes of two vectors is bounded by their lengths *)
Section Forms.
Variables (R : realFieldType) (d : nat).
Implicit Types (X : 'M[R]_d) (u v : 'cV[R]_d).
Definition bounds c X := forall u v, `|dot u (X *m v)| <= c * (dot u u + dot v v).
Lemma bounds_exist X : exists2 c, 0 < c & bounds c X.
Proof.
have [c c0 le] := bounded X; exists (1 + c) => [|u v]; first by rewrite addr_gt0 ?ltr01.
apply: (@le_trans _ _ (dot u u + dot (X *m v) (X *m v))).
  rewrite -(@ler_sqr _ _ (_ + _)) ?nnegrE ?addr_ge0 ?dot_ge0 // real_normK ?num_real //.
  by apply: le_trans (cauchy_dot _ _) _; rewrite expr2 ler_pmul ?dot_ge0 ?ler_addl ?ler_addr ?dot_ge0.
apply: (@le_trans _ _ (dot u u + c * dot v v)); first by rewrite ler_add2l.
rewrite -subr_ge0; apply: (@ge0_eq _ (dot v v + c * dot u u)); last by name_dots; ring.
by rewrite addr_ge0 ?mulr_ge0 ?dot_ge0 // ltW.
Qed.
End Forms.

(** ** A move of which of two is drawn *)
Section Drawn.
Variables (R : realFieldType) (d : nat) (A B : 'M[R]_d) (p : R).
Hypotheses (symA : A^T = A) (symB : B^T = B) (p0 : 0 <= p) (p1 : p <= 1).
Definition drawn X := p *: (A *m X *m A) + (1 - p) *: (B *m X *m B).
Definition mean_square := p *: (A *m A) + (1 - p) *: (B *m B).
Lemma drawn_form X u v : dot u (drawn X *m v) =
  p * dot (A *m u) (X *m (A *m v)) + (1 - p) * dot (B *m u) (X *m (B *m v)).
Proof.
by rewrite /drawn mulmxDl !scale_l dotDr !dotZr -!mulmxA (dot_tr A) symA (dot_tr B) symB.
Qed.
Lemma mean_square_form v : dot v (mean_square *m v) = p * dot (A *m v) (A *m v) + (1 - p) * dot (B *m v) (B *m v).
Proof. by rewrite /mean_square mulmxDl !scale_l dotDr !dotZr -!mulmxA (dot_tr A) symA (dot_tr B) symB. Qed.
Lemma mean_square_sym : (1%:M - mean_square)^T = 1%:M - mean_square.
Proof. by rewrite /mean_square !transposed symA symB. Qed.
Lemma drawn_bounds c rho X : 0 <= c -> (forall v, dot v (mean_square *m v) <= rho * dot v v) ->
  bounds c X -> bounds (rho * c) (drawn X).
Proof.
move=> c0 falls bound u v; rewrite drawn_form; have q0 : 0 <= 1 - p by rewrite subr_ge0.
apply: le_trans (ler_norm_add _ _) _; rewrite !normrM (ger0_norm p0) (ger0_norm q0).
apply: (@le_trans _ _ (p * (c * (dot (A *m u) (A *m u) + dot (A *m v) (A *m v))) +
  (1 - p) * (c * (dot (B *m u) (B *m u) + dot (B *m v) (B *m v))))).
  by apply: ler_add; apply: ler_wpmul2l.
apply: (@le_trans _ _ (c * (dot u (mean_square *m u) + dot v (mean_square *m v)))).
  by rewrite -subr_ge0; apply: (@ge0_eq _ 0) => //; rewrite !mean_square_form; name_dots; ring.
by rewrite [rho * c]mulrC -mulrA ler_wpmul2l // mulrDr ler_add.
Qed.
Lemma drawnB X Y : drawn (X - Y) = drawn X - drawn Y.
Proof. by rewrite /drawn; mxring. Qed.
(** A form below that of the identity shortens by one factor. *)
Lemma one_factor (M : 'M[R]_d) : strictly_loewner M 1%:M ->
  exists2 rho, 0 <= rho < 1 & forall v, dot v (M *m v) <= rho * dot v v.
Proof.
case=> pD unit; have [c c0 lower] := pos_lower (proj1 pD) (fun w => psd_unit_pos pD unit).
have c1 : 0 < c + 1 by rewrite addr_gt0 ?ltr01.
exists (c / (c + 1)) => [|v]; first by rewrite divr_ge0 ?ltW //= ltr_pdivr_mulr // mul1r ltr_addl ltr01.
rewrite mulrAC ler_pdivl_mulr //; have := lower v; have := proj2 pD v; rewrite mulmxBl mul1mx dotDr dotNr.
move=> D0 low; rewrite -subr_ge0.
have -> : c * dot v v - dot v (M *m v) * (c + 1) =
  (c * (dot v v - dot v (M *m v)) - dot v v) + (dot v v - dot v (M *m v)) by name_dots; ring.
by rewrite addr_ge0 // subr_ge0.
Qed.
Hypothesis archi : Num.archimedean_axiom R.
Lemma drawn_tends C G : C = drawn C + G -> strictly_loewner mean_square 1%:M ->
  forall X, matrices_tend_to (fun t => iter t (fun Y => drawn Y + G) X) C.
Proof.
move=> rest /one_factor[rho rho01 falls] X; have rho0 : 0 <= rho by case/andP: rho01.
have [c c0 bound] := bounds_exist (X - C).
have away t : bounds (rho ^+ t * c) (iter t (fun Y => drawn Y + G) X - C).
  elim: t => [|t IH]; first by rewrite mul1r.
  rewrite iterS [in X in _ - X]rest; set Y := iter _ _ _.
  have -> : drawn Y + G - (drawn C + G) = drawn (Y - C) by rewrite drawnB opprD addrACA subrr addr0.
  by rewrite exprS -mulrA; apply: drawn_bounds => //; rewrite mulr_ge0 ?exprn_ge0 // ltW.
move=> u v eps eps0; pose e := Num.min 1 eps; have e0 : 0 < e by rewrite lt_minr ltr01.
have K0 : 0 <= c * (dot u u + dot v v) by rewrite mulr_ge0 ?addr_ge0 ?dot_ge0 // ltW.
have [N small] := powers_vanish archi rho01 K0 e0; exists N => t /small near.
have := le_lt_trans (away t u v); rewrite -mulrA => /(_ _ near); move: (dot u _) => y.
rewrite lt_minr => /andP[y1 ye]; rewrite -real_normK ?num_real // expr2.
by apply: le_lt_trans ye; rewrite ler_pimull // ltW.
Qed.
End Drawn.

(** The statement writes what is drawn otherwise. *)
Lemma drawn_minus (R : realFieldType) d (A B X : 'M[R]_d) p (G H : 'M[R]_d) :
  p *: (A *m X *m A) + p *: G - (p - 1) *: (B *m X *m B) - (p - 1) *: H
  = drawn A B p X + (p *: G + (1 - p) *: H).
Proof. by rewrite /drawn; mxring. Qed.
Lemma iter_drawn_minus (R : realFieldType) d (A B G H X : 'M[R]_d) p t :
  iter t (fun C => p *: (A *m C *m A) + p *: G - (p - 1) *: (B *m C *m B) - (p - 1) *: H) X
  = iter t (fun C => drawn A B p C + (p *: G + (1 - p) *: H)) X.
Proof. by apply: eq_iter => C; exact: drawn_minus. Qed.
Lemma mean_square_minus (R : realFieldType) d (A B : 'M[R]_d) p :
  p *: power A 2 - (p - 1) *: power B 2 = mean_square A B p.
Proof. by rewrite /mean_square !power_2; mxring. Qed.
Theorem random_order_settles : random_order_settles_statement.
Proof.
move=> R d S_W S_U C eta_W eta_U p m u w _ symW _ symU _ P A Q B; rewrite drawn_minus mean_square_minus.
move=> rest inside p0 p1 X.
have symA : A^T = A by rewrite /A /P !transposed symW.
have symB : B^T = B by rewrite /B /Q !transposed symU.
have lim := drawn_tends symA symB p0 p1 (@archimedean R) rest inside X.
move=> x y eps eps0; have [N near] := lim x y eps eps0; exists N => t tN.
have := near t tN; move: (iter t _ X) (iter_drawn_minus A B (P *m (m - w) *m (m^T - w^T) *m P)
  (Q *m (m - u) *m (m^T - u^T) *m Q) X p t) => Y ->; exact.
Qed.
Theorem random_order_box : random_order_box_statement.
Proof.
move=> R d S_W S_U eta_W eta_U p _ symW symU W0 U0 P Q A B pW pU inP inQ unit p0 p1; rewrite mean_square_minus.
have pP : psd P by exact: psd_scale (ltW W0) pW.
have pQ : psd Q by exact: psd_scale (ltW U0) pU.
have symA : A^T = A by exact: step_sym pP.
have symB : B^T = B by exact: step_sym pQ.
have q0 : 0 < 1 - p by rewrite subr_gt0.
have loss v : dot v ((1%:M - mean_square A B p) *m v) =
    p * (dot v v - dot (A *m v) (A *m v)) + (1 - p) * (dot v v - dot (B *m v) (B *m v)).
  by rewrite mulmxBl mul1mx dotDr dotNr mean_square_form //; name_dots; ring.
have W_ge0 v : 0 <= dot v v - dot (A *m v) (A *m v) by rewrite subr_ge0; apply: box_step => //; case: inP.
have U_ge0 v : 0 <= dot v v - dot (B *m v) (B *m v) by rewrite subr_ge0; apply: box_step => //; case: inQ.
have sym := mean_square_sym p symA symB.
split; first by split=> // v; rewrite loss addr_ge0 // mulr_ge0 // ltW.
apply: pos_unit => v v0; rewrite loss lt_neqAle eq_sym; apply/andP; split; last by rewrite addr_ge0 // mulr_ge0 // ltW.
apply: contra v0; rewrite paddr_eq0 ?mulr_ge0 ?W_ge0 ?U_ge0 ?ltW // !mulf_eq0.
rewrite (gt_eqF p0) (gt_eqF q0) /= !subr_eq0 => /andP[/eqP W /eqP U].
have Pv : P *m v = 0 by apply: (box_equality pP inP); rewrite -W.
have Qv : Q *m v = 0 by apply: (box_equality pQ inQ); rewrite -U.
by apply/eqP/(unit_injective unit); rewrite mulmxDl Pv Qv addr0.
Qed.

(** ** Matrices as vectors: the sum of the squares of their entries *)
Section Frobenius.
Variables (R : realFieldType) (d : nat).
Implicit Types X D : 'M[R]_d.
Lemma trace_columns X D : \tr (X^T *m D *m X) = \sum_j dot (X *m delta_mx j 0) (D *m (X *m delta_mx j (0 : 'I_1))).
Proof.
rewrite /mxtrace; apply: eq_bigr => j _.
have -> : (X^T *m D *m X) j j = dot (delta_mx j 0) (X^T *m D *m X *m delta_mx j (0 : 'I_1)).
  by rewrite -entry_dot -colE [RHS]mxE.
by rewrite -!mulmxA dot_tr trmxK.
Qed.
Lemma trace_ge0 X D : psd D -> 0 <= \tr (X^T *m D *m X).
Proof. by move=> pD; rewrite trace_columns; apply: sumr_ge0 => j _; case: pD. Qed.
Lemma trace_zero X D : psd D -> D \in unitmx -> \tr (X^T *m D *m X) = 0 -> X = 0.
Proof.
move=> pD unit /eqP; rewrite trace_columns psumr_eq0 => [/allP zero|j _]; last by case: pD.
apply/matrixP => i j; have /eqP := zero j (mem_index_enum j) => /(psd_kernel pD)/(unit_injective unit)/colP/(_ i).
by rewrite -colE !mxE.
Qed.
End Frobenius.

(** No matrix but 0 is left as it is by a move that shortens in mean square. *)
Lemma drawn_zero (R : realFieldType) d (A B X : 'M[R]_d) p : A^T = A -> B^T = B -> 0 <= p -> p <= 1 ->
  strictly_loewner (mean_square A B p) 1%:M -> X = drawn A B p X -> X = 0.
Proof.
move=> symA symB p0 p1 [pD unit] rest; have q0 : 0 <= 1 - p by rewrite subr_ge0.
have square (T : 'M[R]_d) : T^T = T -> 2%:R * \tr (X^T *m (T *m X *m T)) <=
    \tr (X^T *m (T *m T) *m X) + \tr (X *m (T *m T) *m X^T).
  move=> symT; have h := trace_ge0 (T *m X - X *m T) (psd_one R d); rewrite -subr_ge0.
  rewrite mulmx1 tr_add tr_opp !trmx_mul symT mulmxDl !mulmxDr !mulmxN !mulNmx !raddfD !raddfN /= opprK in h.
  apply: (ge0_eq h); rewrite !mulmxA.
  have -> : \tr (T *m X^T *m T *m X) = \tr (X^T *m T *m X *m T) by rewrite -!mulmxA mxtrace_mulC !mulmxA.
  have -> : \tr (T *m X^T *m X *m T) = \tr (X *m T *m T *m X^T).
    by rewrite -!mulmxA mxtrace_mulC -!mulmxA mxtrace_mulC !mulmxA.
  move: (\tr (X^T *m T *m T *m X)) (\tr (X^T *m T *m X *m T)) (\tr (X *m T *m T *m X^T)) => t1 t2 t3; ring.
have whole : \tr (X^T *m X) = p * \tr (X^T *m (A *m X *m A)) + (1 - p) * \tr (X^T *m (B *m X *m B)).
  by rewrite {2}rest /drawn mulmxDr !scale_r raddfD /= !mxtraceZ.
have loses (Y : 'M[R]_d) : \tr (Y^T *m (1%:M - mean_square A B p) *m Y) =
    \tr (Y^T *m Y) - (p * \tr (Y^T *m (A *m A) *m Y) + (1 - p) * \tr (Y^T *m (B *m B) *m Y)).
  by rewrite mulmxBr mulmx1 mulmxBl raddfB /= /mean_square mulmxDr mulmxDl !scale_r !scale_l raddfD /= !mxtraceZ.
have tr_X : \tr (X^T^T *m X^T) = \tr (X^T *m X) by rewrite trmxK mxtrace_mulC.
have first := trace_ge0 X pD; have second := trace_ge0 X^T pD.
apply: (trace_zero pD unit); apply/le_anti; rewrite first andbT.
apply: (@le_trans _ _ (- \tr (X^T^T *m (1%:M - mean_square A B p) *m X^T))); last by rewrite oppr_le0.
rewrite !loses tr_X trmxK -subr_ge0.
have a := ler_wpmul2l p0 (square A symA); have b := ler_wpmul2l q0 (square B symB).
rewrite -subr_ge0 in a; rewrite -subr_ge0 in b; apply: (ge0_eq (addr_ge0 a b)); rewrite whole.
move: (\tr _) (\tr _) (\tr _) (\tr _) (\tr _) (\tr _) => x1 x2 x3 x4 x5 x6; ring.
Qed.
Lemma outer_form (R : realFieldType) d (g v : 'cV[R]_d) : dot v (g *m g^T *m v) = dot g v ^+ 2.
Proof.
by rewrite -mulmxA inner scalar_r /dot -scalemxAr mxE expr2; congr (_ * _); rewrite -/(dot v g) dotC.
Qed.
Theorem random_order_quiet : random_order_quiet_statement.
Proof.
move=> R d S_W S_U C eta_W eta_U p m u w _ symW _ symU _ P A Q B; rewrite drawn_minus mean_square_minus.
have symP : P^T = P by rewrite /P tr_scale symW.
have symQ : Q^T = Q by rewrite /Q tr_scale symU.
have symA : A^T = A by rewrite /A tr_add tr_opp tr_one symP.
have symB : B^T = B by rewrite /B tr_add tr_opp tr_one symQ.
have out (T : 'M[R]_d) (x y : 'cV_d) : T^T = T -> T *m (x - y) *m (x^T - y^T) *m T
    = (T *m (x - y)) *m (T *m (x - y))^T.
  by move=> symT; rewrite trmx_mul symT tr_add tr_opp !mulmxA.
rewrite !out //; move: (P *m (m - w)) (Q *m (m - u)) => g h rest inside p0 p1.
have q0 : 0 < 1 - p by rewrite subr_gt0.
split=> [C0|[g0 h0]]; last first.
  apply: (drawn_zero symA symB (ltW p0) (ltW p1) inside).
  by rewrite [LHS]rest g0 h0 !mul0mx !scaler0 !addr0.
have zero v : p * dot g v ^+ 2 + (1 - p) * dot h v ^+ 2 = 0.
  move/(congr1 (fun X => dot v (X *m v))): rest; rewrite C0 mul0mx dot0r /drawn !mulmx0 !mul0mx !scaler0 !add0r.
  by rewrite mulmxDl !scale_l dotDr !dotZr !outer_form => <-.
have each v : dot g v = 0 /\ dot h v = 0.
  have g0 : 0 <= p * dot g v ^+ 2 by rewrite mulr_ge0 ?sqr_ge0 // ltW.
  have h0 : 0 <= (1 - p) * dot h v ^+ 2 by rewrite mulr_ge0 ?sqr_ge0 // ltW.
  have /eqP := zero v; rewrite paddr_eq0 // !mulf_eq0 (gt_eqF p0) (gt_eqF q0) /= ?sqrf_eq0 ?orbb.
  by case/andP=> /eqP -> /eqP ->.
by split; apply/eqP; rewrite -dot_eq0; have [gv hv] := each g; have [gh hh] := each h; rewrite ?gv ?hh.
Qed.

(** ** Noise *)
Section Noise.
Variables (R : realFieldType) (d k : nat) (P Q : 'M[R]_d) (D N_U N_W : 'M[R]_(d, k)).
Variables (w_t u w : 'cV[R]_d) (r : 'rV[R]_k).
Let X_U := w_t *m r + D + N_U - Q *m (w_t *m r + D - u *m r).
Let m_U := Q *m u + w_t - Q *m w_t.
Lemma deviates : N_W + X_U - P *m (X_U - w *m r) - (P *m w + m_U - P *m m_U) *m r
  = (1%:M - P) *m (1%:M - Q) *m D + (1%:M - P) *m N_U + N_W.
Proof. by rewrite /X_U /m_U; mxring. Qed.
End Noise.
Theorem noisy_moves_mean : noisy_moves_mean_statement.
Proof.
written_out=> R d k D N_U N_W S_W S_U eta_U eta_W u w_t w _ _ _ _ _ _ flat flatU flatW.
by rewrite -!scale_l deviates !mulmxDl -!mulmxA flat flatU flatW !mulmx0 !addr0.
Qed.
Theorem noisy_moves_covariance : noisy_moves_covariance_statement.
Proof.
written_out=> R d k D N_U N_W S_W S_U eta_W eta_U u w_t w _ _ symW _ symU _ DU DW UW; rewrite -!scale_l deviates.
have symA : (1%:M - eta_W *: S_W)^T = 1%:M - eta_W *: S_W by rewrite !transposed symW.
have symB : (1%:M - eta_U *: S_U)^T = 1%:M - eta_U *: S_U by rewrite !transposed symU.
move: (1%:M - eta_W *: S_W) (1%:M - eta_U *: S_U) symA symB => A B symA symB; rewrite [LHS]scale_l three_squares.
- by rewrite !trmx_mul symA symB !scalerDr !expand [X in X + _ = _]addrC.
- by rewrite trmx_mul symA mulmxA -(mulmxA _ D) DU mulmx0 mul0mx.
- by rewrite -(mulmxA _ D) DW mulmx0.
by rewrite -(mulmxA _ N_U) UW mulmx0.
Qed.
Theorem noisy_moves_mean_square : noisy_moves_mean_square_statement.
Proof.
move=> R d k D w x _ k0 C flat; rewrite /C; set o := (const_mx 1 : 'cV[R]_k) in flat *.
have r_o : (const_mx 1 : 'M[R]_(1, k)) = o^T by rewrite trmx_const.
have k_unit : k%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have -> : o *m (x^T - w^T) + D^T = ((x - w) *m o^T + D)^T by rewrite tr_add trmx_mul trmxK tr_add tr_opp.
rewrite r_o addrC; have := shifted_square (x - w) 1 flat; rewrite scale1r !mul1r => ->.
rewrite raddfD /= !mxtraceZ -tr_opp -tr_add [\tr (_^T *m _)]mxtrace_mulC.
move: (\tr _) (\tr _) => y z; by field.
Qed.

Lemma turned_gap (R : realFieldType) d (T X G : 'M[R]_d) : X = T *m X *m T^T + G -> G^T = G ->
  X^T - X = T *m (X^T - X) *m T^T.
Proof.
move=> grows symG; have turned : X^T = T *m X^T *m T^T + G.
  by rewrite {1}grows tr_add !trmx_mul trmxK symG !mulmxA.
have -> : T *m (X^T - X) *m T^T = (T *m X^T *m T^T + G) - (T *m X *m T^T + G) by mxring.
by rewrite -turned -grows.
Qed.

(** Powers from both sides. *)
Section Powers.
Variables (R : archiFieldType) (d : nat) (T : 'M[R]_d).
Hypothesis con : contracts T.
Definition around t (X : 'M[R]_d) := power T t *m X *m power T^T t.
Lemma around_form t X u v : dot u (around t X *m v) = dot (power T^T t *m u) (X *m (power T^T t *m v)).
Proof. by rewrite /around -!mulmxA (dot_tr (power T t)) power_tr. Qed.
Lemma around_small X u v eps : 0 < eps -> exists N, forall t, (N <= t)%N -> `|dot u (around t X *m v)| < eps.
Proof.
move=> eps0; have [c c0 bound] := bounds_exist X; have conT := contracts_tr con.
have e0 : 0 < eps / (c * 2%:R) by rewrite divr_gt0 // mulr_gt0 ?ltr0n.
have [N nearu] := conT u _ e0; have [M nearv] := conT v _ e0; exists (maxn N M) => t.
rewrite geq_max => /andP[/nearu hu /nearv hv]; rewrite !subr0 in hu hv; rewrite around_form.
apply: le_lt_trans (bound _ _) _; rewrite -ltr_pdivl_mull //; apply: lt_le_trans (ltr_add hu hv) _.
by rewrite -subr_ge0; apply: (@ge0_eq _ 0) => //; have := c0; rewrite lt_neqAle eq_sym => /andP[cn _]; field.
Qed.
Lemma around_step t X : T *m around t X *m T^T = around t.+1 X.
Proof. by rewrite /around [power T^T t.+1]powerSr /= !mulmxA. Qed.
End Powers.
Theorem noisy_moves_settles : noisy_moves_settles_statement.
Proof.
move=> R d S_W S_U C Z_U Z_W eta_W eta_U _ symW _ symU _ _ _ P A Q B rest con X u v eps eps0.
have symT : (A *m B)^T = B *m A by rewrite trmx_mul /A /B /P /Q !transposed symW symU.
pose e := Num.min 1 eps; have e0 : 0 < e by rewrite lt_minr ltr01.
have [N near] := around_small con (X - C) u v e0; exists N => t /near.
have -> : iter t (fun Y => A *m Z_U *m A + A *m B *m Y *m B *m A + Z_W) X - C = around (A *m B) t (X - C).
  elim: t => [|t IH]; first by rewrite /around /= mul1mx mulmx1.
  by rewrite -around_step -IH iterS symT [X in _ - X = _]rest; move: (iter t _ X) => Y; clearbody A B; mxring.
move: (dot u _) => y; rewrite lt_minr => /andP[y1 ye]; rewrite -real_normK ?num_real // expr2.
by apply: le_lt_trans ye; rewrite ler_pimull // ltW.
Qed.
Theorem noisy_moves_monotone : noisy_moves_monotone_statement.
Proof.
move=> R d S_W S_U C Z_U Z_W C' E_U E_W eta_W eta_U _ symW _ symU _ _ _ _ _ P A Q B rest rest' con pW pU.
have symA : A^T = A by rewrite /A /P !transposed symW.
have symT : (A *m B)^T = B *m A by rewrite trmx_mul symA /B /Q !transposed symU.
pose G := A *m E_U *m A + E_W; have pG : psd G.
  by apply: psd_add => //; have := psd_congruence A pU; rewrite symA.
have grows : C' - C = (A *m B) *m (C' - C) *m (A *m B)^T + G.
  by rewrite symT /G {1}rest {1}rest'; clearbody A B; mxring.
clearbody G; rewrite /loewner; move: (A *m B) con grows => T con; move: (C' - C) => X grows.
have tiny (y : R) : (forall eps, 0 < eps -> `|y| < eps) -> y = 0.
  by move=> small; apply/eqP; apply: contraT => y0; have := small `|y|; rewrite normr_gt0 ltxx => /(_ y0).
have whole t (Y : 'M[R]_d) : Y = T *m Y *m T^T -> Y = around T t Y.
  by move=> fixed; elim: t => [|t IH]; [rewrite /around /= mul1mx mulmx1 | rewrite -around_step -IH].
have none (E : 'M[R]_d) : E = T *m E *m T^T -> E = 0.
  move=> fixed; apply/matrixP => i j; rewrite [RHS]mxE; apply: tiny => eps eps0.
  have <- : dot (delta_mx i 0) (E *m delta_mx j (0 : 'I_1)) = E i j.
    rewrite -entry_dot -colE mxE; reflexivity.
  by have [N /(_ N (leqnn N))] := around_small con E (delta_mx i 0) (delta_mx j 0) eps0; rewrite -whole.
split.
  have gap := @turned_gap _ _ T X G grows (proj1 pG).
  by apply/eqP; rewrite -subr_eq0; apply/eqP; exact: (none _ gap).
move=> v; have above t : dot v (around T t X *m v) <= dot v (X *m v).
  elim: t => [|t IH]; first by rewrite /around /= mul1mx mulmx1.
  apply: le_trans IH; have -> : around T t X = around T t.+1 X + around T t G.
    have -> : around T t.+1 X = around T t (T *m X *m T^T) by rewrite /around powerSr /= !mulmxA.
    by rewrite {1}grows /around mulmxDr mulmxDl.
  by rewrite mulmxDl dotDr ler_addl around_form; case: pG.
rewrite leNgt; apply/negP => neg; have pos : 0 < - dot v (X *m v) by rewrite oppr_gt0.
have [N /(_ N (leqnn N))] := around_small con X v v pos; rewrite ltNge => /negP[].
have low := above N; rewrite ler0_norm; first by rewrite ler_opp2.
exact: le_trans low (ltW neg).
Qed.
