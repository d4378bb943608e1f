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
  %"adam/mean/weight" = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %table, i64 6
  %"adam/square/weight" = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %table, i64 7
  %"adam/ones1" = load ptr, ptr %p9, align 8
  %p10 = getelementptr ptr, ptr %table, i64 8
  %"adam/ones2" = load ptr, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %table, i64 9
  %"data/x" = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %table, i64 10
  %"data/delta" = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %table, i64 11
  %"scalar/learning_rate" = load ptr, ptr %p13, align 8
  %p14 = getelementptr i64, ptr %bounds, i64 0
  %v17 = load i64, ptr %p14, align 8
  %p15 = getelementptr ptr, ptr %table, i64 12
  %"scratch/delta" = load ptr, ptr %p15, align 8
  %p16 = getelementptr ptr, ptr %table, i64 13
  %add.0 = load ptr, ptr %p16, align 8
  %p17 = getelementptr ptr, ptr %table, i64 14
  %div.0 = load ptr, ptr %p17, align 8
  %p18 = getelementptr ptr, ptr %table, i64 15
  %add.1 = load ptr, ptr %p18, align 8
  %p19 = getelementptr ptr, ptr %table, i64 16
  %div.1 = load ptr, ptr %p19, align 8
  %p20 = getelementptr ptr, ptr %table, i64 17
  %add.2 = load ptr, ptr %p20, align 8
  %p21 = getelementptr ptr, ptr %table, i64 18
  %add.3 = load ptr, ptr %p21, align 8
  %p22 = getelementptr ptr, ptr %table, i64 19
  %add.5 = load ptr, ptr %p22, align 8
  %p23 = getelementptr ptr, ptr %table, i64 20
  %"scratch/next/weight" = load ptr, ptr %p23, align 8
  %p24 = getelementptr ptr, ptr %table, i64 21
  %"scratch/next/adam/ones1" = load ptr, ptr %p24, align 8
  %p25 = getelementptr ptr, ptr %table, i64 22
  %"scratch/next/adam/ones2" = load ptr, ptr %p25, align 8
  %p26 = getelementptr ptr, ptr %table, i64 23
  %"scratch/next/adam/mean/weight" = load ptr, ptr %p26, align 8
  %p27 = getelementptr ptr, ptr %table, i64 24
  %"scratch/next/adam/square/weight" = load ptr, ptr %p27, align 8
  %anyturn1 = icmp slt i64 0, %steps
  br i1 %anyturn1, label %turn1, label %after2

turn1:
  %v31 = phi i64 [ 0, %entry ], [ %nextturn1, %after17 ]
  %p28 = getelementptr i64, ptr %bounds, i64 %v31
  %v32 = load i64, ptr %p28, align 8
  %v33 = add i64 %v31, 1
  %p29 = getelementptr i64, ptr %bounds, i64 %v33
  %v34 = load i64, ptr %p29, align 8
  %rows = sub i64 %v34, %v32
  %anyturn3 = icmp slt i64 0, %rows
  br i1 %anyturn3, label %turn3, label %after4

turn3:
  %v36 = phi i64 [ 0, %turn1 ], [ %nextturn3, %turn3 ]
  %v37 = add i64 %v32, %v36
  %p30 = getelementptr i64, ptr %order, i64 %v37
  %v38 = load i64, ptr %p30, align 8
  %v39 = mul i64 %v38, 8
  %p31 = getelementptr float, ptr %"data/delta", i64 %v39
  %v40 = load <8 x float>, ptr %p31, align 4
  %v41 = mul i64 %capacity, 8
  %v42 = mul i64 %v36, 8
  %p32 = getelementptr float, ptr %"scratch/delta", i64 %v42
  store <8 x float> %v40, ptr %p32, align 4
  %nextturn3 = add i64 %v36, 1
  %moreturn3 = icmp slt i64 %nextturn3, %rows
  br i1 %moreturn3, label %turn3, label %after4

after4:
  %p33 = getelementptr i8, ptr %record, i64 %v31
  %v43 = load i8, ptr %p33, align 1
  %v44 = icmp ne i8 %v43, 0
  %p34 = getelementptr float, ptr %"adam/ones1", i64 0
  %v45 = load float, ptr %p34, align 4
  %v46 = fmul float 0x3FECCCCCC0000000, %v45
  %v47 = fadd float %v46, 0x3FB99999A0000000
  %p35 = getelementptr float, ptr %"adam/ones1", i64 0
  store float %v47, ptr %p35, align 4
  %v48 = fdiv float 0x3FF0000000000000, %v47
  %p36 = getelementptr float, ptr %div.0, i64 0
  store float %v48, ptr %p36, align 4
  %p37 = getelementptr float, ptr %"adam/ones2", i64 0
  %v49 = load float, ptr %p37, align 4
  %v50 = fmul float 0x3FEFF7CEE0000000, %v49
  %v51 = fadd float %v50, 0x3F50624DE0000000
  %p38 = getelementptr float, ptr %"adam/ones2", i64 0
  store float %v51, ptr %p38, align 4
  %v52 = fdiv float 0x3FF0000000000000, %v51
  %p39 = getelementptr float, ptr %div.1, i64 0
  store float %v52, ptr %p39, align 4
  %p40 = getelementptr ptr, ptr %table, i64 25
  %scratch = load ptr, ptr %p40, align 8
  %v54 = call i64 @llvm.smax.i64(i64 %rows, i64 1)
  %anyturn5 = icmp slt i64 0, %v54
  br i1 %anyturn5, label %turn5, label %after6

turn5:
  %v55 = phi i64 [ 0, %after4 ], [ %nextturn5, %after16 ]
  %v56 = add i64 %v55, 256
  %v57 = call i64 @llvm.smin.i64(i64 %v56, i64 %rows)
  %v58 = icmp sge i64 %v57, %rows
  %v59 = icmp slt i64 %v57, %rows
  %v60 = icmp sgt i64 %v55, 0
  %v61 = select i1 %v60, i64 1, i64 0
  %anyturn7 = icmp slt i64 0, %v61
  br i1 %anyturn7, label %turn7, label %after8

turn7:
  %v62 = phi i64 [ 0, %turn5 ], [ %nextturn7, %turn7 ]
  %v63 = phi <8 x float> [ zeroinitializer, %turn5 ], [ %v65, %turn7 ]
  %v64 = phi <8 x float> [ zeroinitializer, %turn5 ], [ %v66, %turn7 ]
  %p41 = getelementptr float, ptr %scratch, i64 0
  %v65 = load <8 x float>, ptr %p41, align 4
  %p42 = getelementptr float, ptr %scratch, i64 8
  %v66 = load <8 x float>, ptr %p42, align 4
  %nextturn7 = add i64 %v62, 1
  %moreturn7 = icmp slt i64 %nextturn7, %v61
  br i1 %moreturn7, label %turn7, label %after8

after8:
  %v67 = phi <8 x float> [ %v65, %turn7 ], [ zeroinitializer, %turn5 ]
  %v68 = phi <8 x float> [ %v66, %turn7 ], [ zeroinitializer, %turn5 ]
  %anyturn9 = icmp slt i64 %v55, %v57
  br i1 %anyturn9, label %turn9, label %after10

turn9:
  %v69 = phi i64 [ %v55, %after8 ], [ %nextturn9, %turn9 ]
  %v70 = phi <8 x float> [ %v67, %after8 ], [ %v80, %turn9 ]
  %v71 = phi <8 x float> [ %v68, %after8 ], [ %v84, %turn9 ]
  %v72 = add i64 %v32, %v69
  %p43 = getelementptr i64, ptr %order, i64 %v72
  %v73 = load i64, ptr %p43, align 8
  %v74 = mul i64 %v73, 2
  %v75 = mul i64 %capacity, 8
  %v76 = mul i64 %v69, 8
  %p44 = getelementptr float, ptr %"scratch/delta", i64 %v76
  %v77 = load <8 x float>, ptr %p44, align 4
  %p45 = getelementptr float, ptr %"data/x", i64 %v74
  %v78 = load float, ptr %p45, align 4
  %s46 = insertelement <8 x float> poison, float %v78, i64 0
  %v79 = shufflevector <8 x float> %s46, <8 x float> poison, <8 x i32> zeroinitializer
  %v80 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v79, <8 x float> %v77, <8 x float> %v70)
  %v81 = add i64 %v74, 1
  %p47 = getelementptr float, ptr %"data/x", i64 %v81
  %v82 = load float, ptr %p47, align 4
  %s48 = insertelement <8 x float> poison, float %v82, i64 0
  %v83 = shufflevector <8 x float> %s48, <8 x float> poison, <8 x i32> zeroinitializer
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v77, <8 x float> %v71)
  %nextturn9 = add i64 %v69, 1
  %moreturn9 = icmp slt i64 %nextturn9, %v57
  br i1 %moreturn9, label %turn9, label %after10

after10:
  %v85 = phi <8 x float> [ %v80, %turn9 ], [ %v67, %after8 ]
  %v86 = phi <8 x float> [ %v84, %turn9 ], [ %v68, %after8 ]
  br i1 %v58, label %then11, label %after12

then11:
  %v87 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v85, <8 x float> zeroinitializer, <8 x float> zeroinitializer)
  %v88 = fmul <8 x float> splat (float 0x3FB99999A0000000), %v85
  %p49 = getelementptr float, ptr %"adam/mean/weight", i64 0
  %v89 = load <8 x float>, ptr %p49, align 4
  %v90 = fmul <8 x float> splat (float 0x3FECCCCCC0000000), %v89
  %v91 = fadd <8 x float> %v90, %v88
  %p50 = getelementptr float, ptr %"adam/mean/weight", i64 0
  store <8 x float> %v91, ptr %p50, align 4
  %v92 = fmul <8 x float> %v85, %v85
  %v93 = fmul <8 x float> splat (float 0x3F50624DE0000000), %v92
  %p51 = getelementptr float, ptr %"adam/square/weight", i64 0
  %v94 = load <8 x float>, ptr %p51, align 4
  %v95 = fmul <8 x float> splat (float 0x3FEFF7CEE0000000), %v94
  %v96 = fadd <8 x float> %v95, %v93
  %p52 = getelementptr float, ptr %"adam/square/weight", i64 0
  store <8 x float> %v96, ptr %p52, align 4
  %p53 = getelementptr float, ptr %div.0, i64 0
  %v97 = load float, ptr %p53, align 4
  %s54 = insertelement <8 x float> poison, float %v97, i64 0
  %v98 = shufflevector <8 x float> %s54, <8 x float> poison, <8 x i32> zeroinitializer
  %v99 = fmul <8 x float> %v91, %v98
  %p55 = getelementptr float, ptr %div.1, i64 0
  %v100 = load float, ptr %p55, align 4
  %s56 = insertelement <8 x float> poison, float %v100, i64 0
  %v101 = shufflevector <8 x float> %s56, <8 x float> poison, <8 x i32> zeroinitializer
  %v102 = fmul <8 x float> %v96, %v101
  %v103 = call <8 x float> @llvm.sqrt.v8f32(<8 x float> %v102)
  %v104 = fadd <8 x float> %v103, splat (float 0x3E45798EE0000000)
  %v105 = fdiv <8 x float> %v99, %v104
  %p57 = getelementptr float, ptr %"scalar/learning_rate", i64 %v31
  %v106 = load float, ptr %p57, align 4
  %s58 = insertelement <8 x float> poison, float %v106, i64 0
  %v107 = shufflevector <8 x float> %s58, <8 x float> poison, <8 x i32> zeroinitializer
  %v108 = fmul <8 x float> %v107, %v105
  %v109 = fneg <8 x float> %v108
  %p59 = getelementptr float, ptr %"state/weight", i64 0
  %v110 = load <8 x float>, ptr %p59, align 4
  %v111 = fadd <8 x float> %v110, %v109
  %p60 = getelementptr float, ptr %"state/weight", i64 0
  store <8 x float> %v111, ptr %p60, align 4
  %v112 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v86, <8 x float> zeroinitializer, <8 x float> %v87)
  %v113 = fmul <8 x float> splat (float 0x3FB99999A0000000), %v86
  %p61 = getelementptr float, ptr %"adam/mean/weight", i64 8
  %v114 = load <8 x float>, ptr %p61, align 4
  %v115 = fmul <8 x float> splat (float 0x3FECCCCCC0000000), %v114
  %v116 = fadd <8 x float> %v115, %v113
  %p62 = getelementptr float, ptr %"adam/mean/weight", i64 8
  store <8 x float> %v116, ptr %p62, align 4
  %v117 = fmul <8 x float> %v86, %v86
  %v118 = fmul <8 x float> splat (float 0x3F50624DE0000000), %v117
  %p63 = getelementptr float, ptr %"adam/square/weight", i64 8
  %v119 = load <8 x float>, ptr %p63, align 4
  %v120 = fmul <8 x float> splat (float 0x3FEFF7CEE0000000), %v119
  %v121 = fadd <8 x float> %v120, %v118
  %p64 = getelementptr float, ptr %"adam/square/weight", i64 8
  store <8 x float> %v121, ptr %p64, align 4
  %p65 = getelementptr float, ptr %div.0, i64 0
  %v122 = load float, ptr %p65, align 4
  %s66 = insertelement <8 x float> poison, float %v122, i64 0
  %v123 = shufflevector <8 x float> %s66, <8 x float> poison, <8 x i32> zeroinitializer
  %v124 = fmul <8 x float> %v116, %v123
  %p67 = getelementptr float, ptr %div.1, i64 0
  %v125 = load float, ptr %p67, align 4
  %s68 = insertelement <8 x float> poison, float %v125, i64 0
  %v126 = shufflevector <8 x float> %s68, <8 x float> poison, <8 x i32> zeroinitializer
  %v127 = fmul <8 x float> %v121, %v126
  %v128 = call <8 x float> @llvm.sqrt.v8f32(<8 x float> %v127)
  %v129 = fadd <8 x float> %v128, splat (float 0x3E45798EE0000000)
  %v130 = fdiv <8 x float> %v124, %v129
  %p69 = getelementptr float, ptr %"scalar/learning_rate", i64 %v31
  %v131 = load float, ptr %p69, align 4
  %s70 = insertelement <8 x float> poison, float %v131, i64 0
  %v132 = shufflevector <8 x float> %s70, <8 x float> poison, <8 x i32> zeroinitializer
  %v133 = fmul <8 x float> %v132, %v130
  %v134 = fneg <8 x float> %v133
  %p71 = getelementptr float, ptr %"state/weight", i64 8
  %v135 = load <8 x float>, ptr %p71, align 4
  %v136 = fadd <8 x float> %v135, %v134
  %p72 = getelementptr float, ptr %"state/weight", i64 8
  store <8 x float> %v136, ptr %p72, align 4
  %v137 = fcmp uno <8 x float> %v112, %v112
  %v138 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v137)
  br i1 %v138, label %then13, label %after14

then13:
  %p73 = getelementptr i64, ptr %status, i64 0
  %a73 = atomicrmw min ptr %p73, i64 %v31 monotonic
  br label %after14

after14:
  br label %after12

after12:
  br i1 %v59, label %then15, label %after16

then15:
  %p74 = getelementptr float, ptr %scratch, i64 0
  store <8 x float> %v85, ptr %p74, align 4
  %p75 = getelementptr float, ptr %scratch, i64 8
  store <8 x float> %v86, ptr %p75, align 4
  br label %after16

after16:
  %nextturn5 = add i64 %v55, 256
  %moreturn5 = icmp slt i64 %nextturn5, %v54
  br i1 %moreturn5, label %turn5, label %after6

after6:
  %p76 = getelementptr i64, ptr %status, i64 0
  %v139 = load i64, ptr %p76, align 8
  %v140 = icmp sle i64 %v139, %v31
  br i1 %v140, label %leave, label %after17

after17:
  %v141 = sub i64 %v32, %v17
  %nextturn1 = add i64 %v31, 1
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
declare <8 x float> @llvm.sqrt.v8f32(<8 x float>)
declare i1 @llvm.vector.reduce.or.v8i1(<8 x i1>)
attributes #0 = { nounwind }
