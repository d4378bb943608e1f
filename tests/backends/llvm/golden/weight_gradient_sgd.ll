define void @run(ptr %table, i64 %steps, i64 %rank, ptr %meeting) #0 {
entry:
  %control = alloca i32
  %flushing = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %control)
  %control.now = load i32, ptr %control
  %control.new = or i32 %control.now, 32768
  store i32 %control.new, ptr %flushing
  call void @llvm.x86.sse.ldmxcsr(ptr %flushing)
  %p1 = getelementptr ptr, ptr %table, i64 0
  %status = load ptr, ptr %p1, align 8
  %p2 = getelementptr ptr, ptr %table, i64 1
  %order = load ptr, ptr %p2, align 8
  %p3 = getelementptr ptr, ptr %table, i64 2
  %bounds = load ptr, ptr %p3, align 8
  %p4 = getelementptr ptr, ptr %table, i64 3
  %record = load ptr, ptr %p4, align 8
  %p5 = getelementptr i64, ptr %status, i64 1
  %capacity = load i64, ptr %p5, align 8
  %p6 = getelementptr ptr, ptr %table, i64 4
  %"state/weight" = load ptr, ptr %p6, align 8
  %p7 = getelementptr ptr, ptr %table, i64 5
  %"data/x" = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %table, i64 6
  %"data/delta" = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %table, i64 7
  %"scalar/learning_rate" = load ptr, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %bounds, i64 0
  %v13 = load i64, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %table, i64 8
  %"scratch/delta" = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %table, i64 9
  %add.0 = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %table, i64 10
  %"scratch/next/weight" = load ptr, ptr %p13, align 8
  %anyturn1 = icmp slt i64 0, %steps
  br i1 %anyturn1, label %turn1, label %after2

turn1:
  %v17 = phi i64 [ 0, %entry ], [ %nextturn1, %after17 ]
  %p14 = getelementptr i64, ptr %bounds, i64 %v17
  %v18 = load i64, ptr %p14, align 8
  %v19 = add i64 %v17, 1
  %p15 = getelementptr i64, ptr %bounds, i64 %v19
  %v20 = load i64, ptr %p15, align 8
  %rows = sub i64 %v20, %v18
  %anyturn3 = icmp slt i64 0, %rows
  br i1 %anyturn3, label %turn3, label %after4

turn3:
  %v22 = phi i64 [ 0, %turn1 ], [ %nextturn3, %turn3 ]
  %v23 = add i64 %v18, %v22
  %p16 = getelementptr i64, ptr %order, i64 %v23
  %v24 = load i64, ptr %p16, align 8
  %v25 = mul i64 %v24, 8
  %p17 = getelementptr float, ptr %"data/delta", i64 %v25
  %v26 = load <8 x float>, ptr %p17, align 4
  %v27 = mul i64 %capacity, 8
  %v28 = mul i64 %v22, 8
  %p18 = getelementptr float, ptr %"scratch/delta", i64 %v28
  store <8 x float> %v26, ptr %p18, align 4
  %nextturn3 = add i64 %v22, 1
  %moreturn3 = icmp slt i64 %nextturn3, %rows
  br i1 %moreturn3, label %turn3, label %after4

after4:
  %p19 = getelementptr i8, ptr %record, i64 %v17
  %v29 = load i8, ptr %p19, align 1
  %v30 = icmp ne i8 %v29, 0
  %p20 = getelementptr ptr, ptr %table, i64 11
  %scratch = load ptr, ptr %p20, align 8
  %v32 = call i64 @llvm.smax.i64(i64 %rows, i64 1)
  %anyturn5 = icmp slt i64 0, %v32
  br i1 %anyturn5, label %turn5, label %after6

turn5:
  %v33 = phi i64 [ 0, %after4 ], [ %nextturn5, %after16 ]
  %v34 = add i64 %v33, 256
  %v35 = call i64 @llvm.smin.i64(i64 %v34, i64 %rows)
  %v36 = icmp sge i64 %v35, %rows
  %v37 = icmp slt i64 %v35, %rows
  %v38 = icmp sgt i64 %v33, 0
  %v39 = select i1 %v38, i64 1, i64 0
  %anyturn7 = icmp slt i64 0, %v39
  br i1 %anyturn7, label %turn7, label %after8

turn7:
  %v40 = phi i64 [ 0, %turn5 ], [ %nextturn7, %turn7 ]
  %v41 = phi <8 x float> [ zeroinitializer, %turn5 ], [ %v43, %turn7 ]
  %v42 = phi <8 x float> [ zeroinitializer, %turn5 ], [ %v44, %turn7 ]
  %p21 = getelementptr float, ptr %scratch, i64 0
  %v43 = load <8 x float>, ptr %p21, align 4
  %p22 = getelementptr float, ptr %scratch, i64 8
  %v44 = load <8 x float>, ptr %p22, align 4
  %nextturn7 = add i64 %v40, 1
  %moreturn7 = icmp slt i64 %nextturn7, %v39
  br i1 %moreturn7, label %turn7, label %after8

after8:
  %v45 = phi <8 x float> [ %v43, %turn7 ], [ zeroinitializer, %turn5 ]
  %v46 = phi <8 x float> [ %v44, %turn7 ], [ zeroinitializer, %turn5 ]
  %anyturn9 = icmp slt i64 %v33, %v35
  br i1 %anyturn9, label %turn9, label %after10

turn9:
  %v47 = phi i64 [ %v33, %after8 ], [ %nextturn9, %turn9 ]
  %v48 = phi <8 x float> [ %v45, %after8 ], [ %v58, %turn9 ]
  %v49 = phi <8 x float> [ %v46, %after8 ], [ %v62, %turn9 ]
  %v50 = add i64 %v18, %v47
  %p23 = getelementptr i64, ptr %order, i64 %v50
  %v51 = load i64, ptr %p23, align 8
  %v52 = mul i64 %v51, 2
  %v53 = mul i64 %capacity, 8
  %v54 = mul i64 %v47, 8
  %p24 = getelementptr float, ptr %"scratch/delta", i64 %v54
  %v55 = load <8 x float>, ptr %p24, align 4
  %p25 = getelementptr float, ptr %"data/x", i64 %v52
  %v56 = load float, ptr %p25, align 4
  %s26 = insertelement <8 x float> poison, float %v56, i64 0
  %v57 = shufflevector <8 x float> %s26, <8 x float> poison, <8 x i32> zeroinitializer
  %v58 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v55, <8 x float> %v48)
  %v59 = add i64 %v52, 1
  %p27 = getelementptr float, ptr %"data/x", i64 %v59
  %v60 = load float, ptr %p27, align 4
  %s28 = insertelement <8 x float> poison, float %v60, i64 0
  %v61 = shufflevector <8 x float> %s28, <8 x float> poison, <8 x i32> zeroinitializer
  %v62 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v61, <8 x float> %v55, <8 x float> %v49)
  %nextturn9 = add i64 %v47, 1
  %moreturn9 = icmp slt i64 %nextturn9, %v35
  br i1 %moreturn9, label %turn9, label %after10

after10:
  %v63 = phi <8 x float> [ %v58, %turn9 ], [ %v45, %after8 ]
  %v64 = phi <8 x float> [ %v62, %turn9 ], [ %v46, %after8 ]
  br i1 %v36, label %then11, label %after12

then11:
  %v65 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v63, <8 x float> zeroinitializer, <8 x float> zeroinitializer)
  %p29 = getelementptr float, ptr %"scalar/learning_rate", i64 %v17
  %v66 = load float, ptr %p29, align 4
  %s30 = insertelement <8 x float> poison, float %v66, i64 0
  %v67 = shufflevector <8 x float> %s30, <8 x float> poison, <8 x i32> zeroinitializer
  %v68 = fmul <8 x float> %v67, %v63
  %v69 = fneg <8 x float> %v68
  %p31 = getelementptr float, ptr %"state/weight", i64 0
  %v70 = load <8 x float>, ptr %p31, align 4
  %v71 = fadd <8 x float> %v70, %v69
  %p32 = getelementptr float, ptr %"state/weight", i64 0
  store <8 x float> %v71, ptr %p32, align 4
  %v72 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v64, <8 x float> zeroinitializer, <8 x float> %v65)
  %p33 = getelementptr float, ptr %"scalar/learning_rate", i64 %v17
  %v73 = load float, ptr %p33, align 4
  %s34 = insertelement <8 x float> poison, float %v73, i64 0
  %v74 = shufflevector <8 x float> %s34, <8 x float> poison, <8 x i32> zeroinitializer
  %v75 = fmul <8 x float> %v74, %v64
  %v76 = fneg <8 x float> %v75
  %p35 = getelementptr float, ptr %"state/weight", i64 8
  %v77 = load <8 x float>, ptr %p35, align 4
  %v78 = fadd <8 x float> %v77, %v76
  %p36 = getelementptr float, ptr %"state/weight", i64 8
  store <8 x float> %v78, ptr %p36, align 4
  %v79 = fcmp uno <8 x float> %v72, %v72
  %v80 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v79)
  br i1 %v80, label %then13, label %after14

then13:
  %p37 = getelementptr i64, ptr %status, i64 0
  %a37 = atomicrmw min ptr %p37, i64 %v17 monotonic
  br label %after14

after14:
  br label %after12

after12:
  br i1 %v37, label %then15, label %after16

then15:
  %p38 = getelementptr float, ptr %scratch, i64 0
  store <8 x float> %v63, ptr %p38, align 4
  %p39 = getelementptr float, ptr %scratch, i64 8
  store <8 x float> %v64, ptr %p39, align 4
  br label %after16

after16:
  %nextturn5 = add i64 %v33, 256
  %moreturn5 = icmp slt i64 %nextturn5, %v32
  br i1 %moreturn5, label %turn5, label %after6

after6:
  %p40 = getelementptr i64, ptr %status, i64 0
  %v81 = load i64, ptr %p40, align 8
  %v82 = icmp sle i64 %v81, %v17
  br i1 %v82, label %leave, label %after17

after17:
  %v83 = sub i64 %v18, %v13
  %nextturn1 = add i64 %v17, 1
  %moreturn1 = icmp slt i64 %nextturn1, %steps
  br i1 %moreturn1, label %turn1, label %after2

after2:
  br label %leave

leave:
  call void @llvm.x86.sse.ldmxcsr(ptr %control)
  ret void
}
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare i1 @llvm.vector.reduce.or.v8i1(<8 x i1>)
attributes #0 = { nounwind }
